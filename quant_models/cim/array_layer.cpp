#include "quant_models/cim/array_layer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.hpp"
#include "base/text.hpp"
#include "quant_models/cim/counter_random.hpp"
#include "quant_models/cim/wire_drop.hpp"

namespace flashcell::quant::cim {
namespace {

/// Integers that stand for a layer's weights.
struct Codes {
  std::vector<int> numbers;  // groups x outputs x inputs
  double unit = 0;           // weight of code 1
};

Codes codes_of(const ArrayWeights& w, int weight_bits, std::optional<double> limit) {
  const int most = (1 << (weight_bits - 1)) - 1;
  double largest = limit.value_or(0);
  if (!limit)
    for (const float x : w.weights) largest = std::max(largest, std::abs(static_cast<double>(x)));
  if (largest == 0) largest = 1;
  Codes codes{{}, largest / most};
  codes.numbers.reserve(w.weights.size());
  for (const float x : w.weights)
    codes.numbers.push_back(static_cast<int>(std::nearbyint(std::clamp(x / largest, -1.0, 1.0) * most)));
  return codes;
}

enum Side : uint64_t { kPlus, kMinus };

/// Makes cells of digits.
class Programmer {
 public:
  Programmer(const ArrayDevice& device, bool ideal, uint64_t seed, uint32_t layer)
      : d_(device), ideal_(ideal), model_(device.cell_model()), seed_(seed), layer_(layer) {}

  // One cell, over g_max.
  CellState cell(int digit, uint64_t slice, uint64_t place, Side side) const {
    const int top = (1 << d_.array.cell_bits) - 1;
    const double g_max = d_.cell.g_max, low = d_.cell.g_min;
    if (ideal_) return {(low + (g_max - low) * digit / top) / g_max, 0};
    Random random(seed_, {layer_, slice, place, side});
    digit = stored_digit(d_.faults, digit, d_.array.cell_bits, random);
    const double target = low + (g_max - low) * digit / top;
    CellState state = model_->state(target, d_.seconds, random);
    if (d_.faults.any()) state.conductance = faulty_conductance(d_.faults, state.conductance, low, g_max, random);
    if (!d_.reads_by_cell() && d_.read.noise != ReadNoise::none)
      state.read_sigma = d_.read.spread.at(state.conductance, g_max);
    if (d_.read.noise == ReadNoise::once) {
      state.conductance = std::max(0.0, state.conductance + state.read_sigma * random.normal());
      state.read_sigma = 0;
    }
    if (d_.read.noise == ReadNoise::none) state.read_sigma = 0;
    state.read_sigma = std::hypot(state.read_sigma, d_.read.added * g_max);
    return {state.conductance / g_max, state.read_sigma / g_max};
  }

 private:
  const ArrayDevice& d_;
  bool ideal_;
  std::unique_ptr<CellModel> model_;
  uint64_t seed_;
  uint32_t layer_;
};

void through_wires(const WireSection& wire, double g_max, int outputs, int inputs, std::vector<double>& conductance,
                   std::vector<double>& sigma) {
  const WiredArray array{conductance, outputs, inputs, wire.ohms * g_max * 1e-6};
  std::vector<double> seen = wire.solver == WireSolver::exact ? exact_conductance(array) : fast_conductance(array);
  // What a read adds to a cell is seen as the cell itself is.
  for (size_t i = 0; i < sigma.size(); ++i)
    if (conductance[i] > 0) sigma[i] *= seen[i] / conductance[i];
  conductance = std::move(seen);
}

/// Weights to arrays.
class LayerProgrammer {
 public:
  LayerProgrammer(const ArrayWeights& w, const ArrayDevice& d, const LayerSettings& settings, bool ideal, uint64_t seed,
                  uint32_t layer)
      : w_(w), d_(d), settings_(settings), ideal_(ideal), seed_(seed), layer_(layer), cells_(d, ideal, seed, layer) {}

  ArrayLayer run() {
    const Codes codes = codes_of(w_, d_.array.weight_bits, settings_.weight_limit);
    ArrayLayer out;
    out.groups = w_.groups;
    out.outputs = w_.outputs;
    out.inputs = w_.inputs;
    out.input = {d_.input.bits, settings_.input_has_sign, settings_.input_limit, d_.input.cycle_bits};
    out.scale = codes.unit * settings_.input_limit;
    out.bias.assign(w_.bias.begin(), w_.bias.end());
    out.bias.resize(static_cast<size_t>(w_.groups) * static_cast<size_t>(w_.outputs), 0.0F);
    if (!ideal_) out.output_noise = d_.output.noise;
    out.law = d_.read.law;
    uint32_t array = 0;
    for (int group = 0; group < w_.groups; ++group)
      for (int slice = 0; slice < d_.slices(); ++slice)
        for (int row = 0; row < w_.inputs; row += d_.array.rows)
          for (int output = 0; output < w_.outputs; output += d_.array.columns)
            out.arrays.push_back(one(codes, group, slice, row, output, array++));
    if (d_.array.mapping == Mapping::offset) out.offset = offset();
    return out;
  }

 private:
  // Current of a full cell to codes: 2^(slice bits) (2^b - 1) / (1 - Gmin).
  double weight_of(int slice) const {
    const double g_min = d_.cell.g_min / d_.cell.g_max;
    return std::exp2(slice * d_.array.cell_bits) * ((1 << d_.array.cell_bits) - 1) / (1 - g_min);
  }

  double offset() const {
    double sum = (1 << (d_.array.weight_bits - 1)) - 1;
    for (int slice = 0; slice < d_.slices(); ++slice) sum += weight_of(slice) * d_.cell.g_min / d_.cell.g_max;
    return sum;
  }

  CellArray one(const Codes& codes, int group, int slice, int row, int output, uint32_t number) {
    CellArray a;
    a.group = group;
    a.slice = slice;
    a.first_row = row;
    a.first_output = output;
    a.weight = weight_of(slice);
    a.stream = stream_key(seed_, layer_ << 16 | number);
    a.cells.rows = std::min(d_.array.rows, w_.inputs - row);
    a.cells.outputs = std::min(d_.array.columns, w_.outputs - output);
    if (!d_.reads_by_cell()) a.cells.read_law = d_.read.spread.distribution;
    fill(codes, a);
    if (d_.wire.ohms > 0 && !ideal_) {
      through_wires(d_.wire, d_.cell.g_max, a.cells.outputs, a.cells.rows, a.cells.plus, a.cells.plus_sigma);
      if (!a.cells.minus.empty())
        through_wires(d_.wire, d_.cell.g_max, a.cells.outputs, a.cells.rows, a.cells.minus, a.cells.minus_sigma);
    }
    if (!ideal_) a.converter = converter(a, number);
    return a;
  }

  void fill(const Codes& codes, CellArray& a) {
    const bool pair = d_.array.mapping == Mapping::pair;
    const int bits = d_.array.cell_bits, mask = (1 << bits) - 1, middle = (1 << (d_.array.weight_bits - 1)) - 1;
    const bool noisy = !ideal_ && (d_.read.noise == ReadNoise::each || d_.read.added > 0);
    for (int o = 0; o < a.cells.outputs; ++o) {
      for (int r = 0; r < a.cells.rows; ++r) {
        const uint64_t place = (static_cast<uint64_t>(a.group) * static_cast<uint64_t>(w_.outputs) +
                                static_cast<uint64_t>(a.first_output + o)) *
                                   static_cast<uint64_t>(w_.inputs) +
                               static_cast<uint64_t>(a.first_row + r);
        const int code = codes.numbers[place];
        const auto digit = [&](int number) { return number >> (a.slice * bits) & mask; };
        const auto slice = static_cast<uint64_t>(a.slice);
        const CellState plus = cells_.cell(pair ? digit(std::max(code, 0)) : digit(code + middle), slice, place, kPlus);
        a.cells.plus.push_back(plus.conductance);
        if (noisy) a.cells.plus_sigma.push_back(plus.read_sigma);
        if (!pair) continue;
        const CellState minus = cells_.cell(digit(std::max(-code, 0)), slice, place, kMinus);
        a.cells.minus.push_back(minus.conductance);
        if (noisy) a.cells.minus_sigma.push_back(minus.read_sigma);
      }
    }
  }

  OutputConverter converter(const CellArray& a, uint32_t number) const {
    const int bits = settings_.output_bits.value_or(d_.output.bits);
    if (bits == 0) return {};
    return OutputConverter(bits, output_range(d_, settings_, a.cells.rows, a.slice), d_.output.converter,
                           Random(seed_, {layer_, number, 0xADC}));
  }

  const ArrayWeights& w_;
  const ArrayDevice& d_;
  const LayerSettings& settings_;
  bool ideal_;
  uint64_t seed_;
  uint32_t layer_;
  Programmer cells_;
};

double mean_difference(const ArrayLayer& layer) {
  double sum = 0;
  for (const CellArray& a : layer.arrays)
    for (size_t i = 0; i < a.cells.plus.size(); ++i)
      sum += a.weight * std::abs(a.cells.plus[i] - (a.cells.minus.empty() ? 0 : a.cells.minus[i]));
  return sum;
}

void check_fit(const ArrayWeights& w, const ArrayDevice& d) {
  constexpr int kMostArrays = 4096;  // for one matrix; far beyond what a real layer takes of real arrays
  const int64_t rows = d.array.rows, columns = d.array.columns;
  const int64_t arrays = ((w.inputs + rows - 1) / rows) * ((w.outputs + columns - 1) / columns);
  if (arrays > kMostArrays)
    throw Error(Fault::usage,
                fmt::format("{}: arrays of {} x {} are too small for its {} x {} weights: it would take {} of them, {} "
                            "at most; give a device with more rows and columns",
                            printable(w.name), rows, columns, w.inputs, w.outputs, arrays, kMostArrays));
}

// What the device says of the layer by its name.
struct Own {
  Own(const ArrayWeights& weights, const ArrayDevice& of, const LayerSettings& stated)
      : device(of.of_layer(weights.name)), settings(stated) {
    const LayerBits* bits = of.bits_of(weights.name);
    if (bits != nullptr && bits->weight_limit > 0 && !settings.weight_limit) settings.weight_limit = bits->weight_limit;
    check_fit(weights, device);
  }

  ArrayDevice device;
  LayerSettings settings;
};

ArrayLayer program_own(const ArrayWeights& weights, const ArrayDevice& device, const LayerSettings& settings,
                       uint64_t seed, uint32_t layer) {
  ArrayLayer now = LayerProgrammer(weights, device, settings, false, seed, layer).run();
  if (device.compensate_drift && device.seconds > 0) {
    ArrayDevice fresh = device;
    fresh.seconds = 0;
    const double before = mean_difference(LayerProgrammer(weights, fresh, settings, false, seed, layer).run());
    if (const double after = mean_difference(now); after > 0) now.scale *= before / after;
  }
  return now;
}

}  // namespace

OutputRange output_range(const ArrayDevice& device, const LayerSettings& settings, int rows, int slice) {
  const bool pair = device.array.mapping == Mapping::pair;
  if (device.output.range == RangeRule::fixed) return {pair ? -device.output.bound : 0, device.output.bound, pair};
  if (device.output.range != RangeRule::full && !settings.output.empty())
    return settings.output.at(static_cast<size_t>(slice));
  const double full = rows;
  return {pair || settings.input_has_sign ? -full : 0, full, pair};
}

ArrayLayer program(const ArrayWeights& weights, const ArrayDevice& device, const LayerSettings& settings, uint64_t seed,
                   uint32_t layer) {
  const Own own(weights, device, settings);
  try {
    return program_own(weights, own.device, own.settings, seed, layer);
  } catch (const Error& e) {
    throw Error(e.fault(), fmt::format("{}: {}", printable(weights.name), e.what()));
  }
}

ArrayLayer program_ideally(const ArrayWeights& weights, const ArrayDevice& device, const LayerSettings& settings) {
  const Own own(weights, device, settings);
  return LayerProgrammer(weights, own.device, own.settings, true, 0, 0).run();
}

}  // namespace flashcell::quant::cim
