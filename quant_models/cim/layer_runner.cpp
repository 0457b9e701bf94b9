#include "quant_models/cim/layer_runner.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "quant_models/cim/column_readout.hpp"
#include "quant_models/cim/counter_random.hpp"
#include "quant_models/cim/rectified.hpp"

namespace flashcell::quant::cim {
namespace {

constexpr int kWindowBlock = MatrixProduct::kBlock;

Moments moments(Distribution law, double mean, double sigma) {
  return law == Distribution::normal ? rectified_normal(mean, sigma) : rectified_uniform(mean, sigma);
}

PreparedLayer::Array prepare(const CellArray& a) {
  const Cells& c = a.cells;
  std::vector<float> mean, variance;
  mean.reserve(c.plus.size());
  for (size_t i = 0; i < c.plus.size(); ++i) {
    double sum = c.plus[i] - (c.minus.empty() ? 0 : c.minus[i]), spread = 0;
    if (!c.plus_sigma.empty()) {
      const Moments plus = moments(c.read_law, c.plus[i], c.plus_sigma[i]);
      sum = plus.mean;
      spread = plus.variance;
      if (!c.minus.empty()) {
        const Moments minus = moments(c.read_law, c.minus[i], c.minus_sigma[i]);
        sum -= minus.mean;
        spread += minus.variance;
      }
      variance.push_back(static_cast<float>(spread));
    }
    mean.push_back(static_cast<float>(sum * a.weight));
  }
  PreparedLayer::Array array{MatrixProduct(mean, c.outputs, c.rows, {}), {}};
  if (!variance.empty()) array.variance = MatrixProduct(variance, c.outputs, c.rows, {});
  return array;
}

uint64_t even(uint64_t n) {
  return (n + 1) & ~uint64_t{1};
}

}  // namespace

PreparedLayer::PreparedLayer(ArrayLayer layer) : layer_(std::move(layer)) {
  for (const CellArray& a : layer_.arrays) arrays_.push_back(prepare(a));
}

LayerRunner::LayerRunner(std::shared_ptr<const PreparedLayer> layer, CurrentObserver observer)
    : prepared_(std::move(layer)), layer_(prepared_->layer()), observer_(std::move(observer)) {
  int outputs = 1, rows = 1;
  for (const CellArray& a : layer_.arrays) {
    outputs = std::max(outputs, a.cells.outputs);
    rows = std::max(rows, a.cells.rows);
  }
  sums_.resize(static_cast<size_t>(outputs) * kWindowBlock);
  variances_.resize(sums_.size());
  squares_.resize(static_cast<size_t>(rows) * kWindowBlock);
  noise_.resize(std::max<size_t>(kWindowBlock, static_cast<size_t>(rows) * 2));
  currents_.resize(kWindowBlock);
  if (layer_.input.cycles() > 1) digits_.resize(static_cast<size_t>(layer_.inputs) * kWindowBlock);
}

void LayerRunner::run(const float* block, int columns, int group, const ProductPlace& place, float* out,
                      int64_t stride) {
  for (int o = 0; o < layer_.outputs; ++o)
    std::fill_n(out + o * stride, columns, layer_.bias[static_cast<size_t>(group * layer_.outputs + o)]);
  const int cycles = layer_.input.cycles();
  if (cycles == 1) add_arrays(block, columns, group, place, 1, out, stride);
  for (int cycle = 0; cycles > 1 && cycle < cycles; ++cycle) {
    layer_.input.take_digits({block, digits_.size()}, cycle, digits_.data());
    ProductPlace own = place;  // a conversion of its own has noise of its own
    own.item = place.item * static_cast<uint64_t>(cycles) + static_cast<uint64_t>(cycle);
    const double worth = std::exp2(cycle * layer_.input.cycle_bits) * layer_.input.cycle_levels();
    add_arrays(digits_.data(), columns, group, own, worth / layer_.input.levels(), out, stride);
  }
  if (layer_.offset != 0) take_offset(block, columns, out, stride);
}

// `share`: what a full row is worth, of the highest code.
void LayerRunner::add_arrays(const float* block, int columns, int group, const ProductPlace& place, double share,
                             float* out, int64_t stride) {
  for (size_t i = 0; i < layer_.arrays.size(); ++i)
    if (layer_.arrays[i].group == group) add_array(i, block, columns, place, share, out, stride);
}

// The converters' numbers of all rows at once: a sum that is no array's.
void LayerRunner::take_offset(const float* block, int columns, float* out, int64_t stride) {
  std::fill_n(currents_.begin(), columns, 0.0F);
  for (int r = 0; r < layer_.inputs; ++r) add_scaled(block + int64_t{r} * kWindowBlock, 1, columns, currents_.data());
  const auto factor = static_cast<float>(-layer_.scale * layer_.offset / layer_.input.levels());
  for (int o = 0; o < layer_.outputs; ++o) add_scaled(currents_.data(), factor, columns, out + o * stride);
}

void LayerRunner::products(size_t index, const float* block, int columns) {
  const PreparedLayer::Array& array = prepared_->array(index);
  array.mean.multiply(block, columns, sums_.data(), kWindowBlock);
  if (!array.variance) return;
  const auto count = static_cast<size_t>(array.mean.depth()) * kWindowBlock;
  for (size_t i = 0; i < count; ++i) squares_[i] = block[i] * block[i];
  array.variance->multiply(squares_.data(), columns, variances_.data(), kWindowBlock);
}

void LayerRunner::add_array(size_t index, const float* block, int columns, const ProductPlace& place, double share,
                            float* out, int64_t stride) {
  const CellArray& a = layer_.arrays[index];
  block += int64_t{a.first_row} * kWindowBlock;
  const bool by_cells = layer_.law == NoiseLaw::cells && !a.cells.plus_sigma.empty();
  const bool spreads = prepared_->array(index).variance && !by_cells;
  const bool noisy = spreads || layer_.output_noise > 0;
  if (!by_cells) products(index, block, columns);
  const double levels = layer_.input.cycle_levels();
  const OutputConverter& converter = a.converter;
  ReadoutLaw law;
  law.to_current = by_cells ? 1 : static_cast<float>(1 / (a.weight * levels));
  law.to_variance = static_cast<float>(1 / (levels * levels));
  law.more_variance = static_cast<float>(layer_.output_noise * layer_.output_noise);
  law.converts = converter.bits() > 0 && converter.is_ideal() && !observer_;
  law.low = static_cast<float>(converter.range().low);
  law.high = static_cast<float>(converter.range().high);
  law.steps = static_cast<float>(converter.steps_per_unit());
  law.step = static_cast<float>(1 / converter.steps_per_unit());
  for (int o = 0; o < a.cells.outputs; ++o) {
    const size_t at = static_cast<size_t>(o) * kWindowBlock;
    if (by_cells) read_cells(a, o, block, columns, place);
    if (noisy) {
      const uint64_t line = place.item * static_cast<uint64_t>(a.cells.outputs) + static_cast<uint64_t>(o);
      normals(a.stream, line * even(place.count) + place.first, std::span(noise_).first(static_cast<size_t>(columns)));
    }
    read_out(law, sums_.data() + at, spreads ? variances_.data() + at : nullptr, noisy ? noise_.data() : nullptr,
             columns, currents_.data());
    if (observer_) observer_(a, o, std::span(currents_).first(static_cast<size_t>(columns)));
    if (converter.bits() > 0 && !law.converts)
      for (int c = 0; c < columns; ++c) {
        float& current = currents_[static_cast<size_t>(c)];
        current = static_cast<float>(converter.converted(current));
      }
    add_scaled(currents_.data(), static_cast<float>(layer_.scale * a.weight * share), columns,
               out + (a.first_output + o) * stride);
  }
}

// Every cell by itself, for every column of the block.
void LayerRunner::read_cells(const CellArray& array, int output, const float* block, int columns,
                             const ProductPlace& place) {
  const Cells& c = array.cells;
  const auto rows = static_cast<size_t>(c.rows), outputs = static_cast<uint64_t>(c.outputs);
  const size_t first = static_cast<size_t>(output) * rows;
  const bool normal = c.read_law == Distribution::normal;
  const std::span<float> noise = std::span(noise_).first(rows);
  const auto side = [&](const std::vector<double>& g, const std::vector<double>& sigma, int column, uint64_t stream) {
    // Streams of cells have a bit that those of columns never have.
    normal ? normals(array.stream ^ 0x80000000U, stream * even(rows), noise)
           : uniforms(array.stream ^ 0x80000000U, stream * even(rows), noise);
    const double factor = normal ? 1 : std::numbers::sqrt3;
    double sum = 0;
    for (size_t r = 0; r < rows; ++r)
      sum += static_cast<double>(block[r * kWindowBlock + static_cast<size_t>(column)]) *
             std::max(0.0, g[first + r] + sigma[first + r] * factor * noise[r]);
    return sum;
  };
  for (int column = 0; column < columns; ++column) {
    const uint64_t product = (place.item * place.count + place.first + static_cast<uint64_t>(column)) * outputs +
                             static_cast<uint64_t>(output);
    double sum = side(c.plus, c.plus_sigma, column, 2 * product);
    if (!c.minus.empty()) sum -= side(c.minus, c.minus_sigma, column, 2 * product + 1);
    sums_[static_cast<size_t>(output) * kWindowBlock + static_cast<size_t>(column)] =
        static_cast<float>(sum / layer_.input.cycle_levels());
  }
}

std::vector<double> exact_currents(const Cells& cells, std::span<const double> v) {
  std::vector<double> currents(static_cast<size_t>(cells.outputs), 0.0);
  const auto rows = static_cast<size_t>(cells.rows);
  for (size_t o = 0; o < currents.size(); ++o)
    for (size_t r = 0; r < rows; ++r)
      currents[o] += (cells.plus[o * rows + r] - (cells.minus.empty() ? 0 : cells.minus[o * rows + r])) * v[r];
  return currents;
}

}  // namespace flashcell::quant::cim
