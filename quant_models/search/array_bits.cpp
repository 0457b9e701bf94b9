#include "quant_models/search/array_bits.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/calibrate/calibrator.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/search/array_difference.hpp"
#include "quant_models/search/choose_point.hpp"

namespace flashcell::quant {
namespace {

using cim::BitsOf;

constexpr int kHalvings = 8;  // to half a percent of the cost

/// Bits of one layer; 0: the device's own.
struct Bits {
  int weight = 0, converter = 0;
};

/// One kind of bits, and how it is seen in what belongs to layers.
struct Kind {
  std::vector<int> bits;  // rising; the last are the device's own
  int Bits::*of;
  cim::TriedBits cim::LayerSensitivity::*row;
};

// So many of the images, spread evenly.
std::vector<float> some_of(std::span<const float> images, int64_t count, int64_t most) {
  const auto each = images.size() / static_cast<size_t>(count), kept = static_cast<size_t>(std::min(count, most));
  std::vector<float> some;
  some.reserve(kept * each);
  for (size_t i = 0; i < kept; ++i) {
    const auto image = images.subspan(i * static_cast<size_t>(count) / kept * each, each);
    some.insert(some.end(), image.begin(), image.end());
  }
  return some;
}

class Choice {
 public:
  Choice(const Graph& graph, const cim::ArrayDevice& device, const RangeSource& ranges, std::span<const float> images,
         int64_t count, const ArrayBitsOptions& options, const std::function<void(int64_t, int64_t)>& progress)
      : graph_(graph),
        device_(device),
        ranges_(ranges),
        options_(options),
        progress_(progress),
        some_(some_of(images, count, options.table_images)),
        some_differ_(graph, some_, std::min(count, options.table_images), options.run),
        all_differ_(graph, images, count, options.run),
        layers_(cim::nodes_on_arrays(graph)) {
    device_.faults.bit_inversion = options.bit_errors;
    if (options.of != BitsOf::converters)
      result_.weight_bits =
          add_kind("weights", device.array.weight_bits, &Bits::weight, &cim::LayerSensitivity::weight);
    if (options.of != BitsOf::weights) {
      if (device.output.bits == 0)
        throw ModelError(device.name + " has no output converters: there are no bits to choose");
      result_.converter_bits =
          add_kind("converters", device.output.bits, &Bits::converter, &cim::LayerSensitivity::converter);
      if (device.output.range == cim::RangeRule::calibrated) device_.output.range = cim::RangeRule::least_error;
    }
    for (cim::LayerBits& layer : device_.layers) {
      if (!result_.weight_bits.empty()) layer.weight_bits = 0, layer.weight_limit = 0;
      if (!result_.converter_bits.empty()) layer.output_bits = 0;
    }
    result_.of = options.of;
    result_.bit_errors = options.bit_errors;
    result_.pictures = count;
    for (const Kind& kind : kinds_) to_measure_ += static_cast<int64_t>(layers_.size() * (kind.bits.size() - 1));
    to_measure_ += 2 + kHalvings;
  }

  cim::ChosenArrayBits run() {
    const std::vector<Bits> own(layers_.size());
    settings_ = ranges_(device_);
    for (int chip = 0; chip < options_.chips; ++chip)
      chips_.push_back(cim::program(graph_, device_, settings_, options_.seed + static_cast<uint64_t>(chip)));
    list_layers();
    const auto as_they_are = [&](int chip) { return chips_[static_cast<size_t>(chip)]; };
    const ArrayDifferences::Outputs before = measure(some_differ_, as_they_are);
    for (const Kind& kind : kinds_) find_sensitivities(kind, before);
    result_.kept_before = result_.kept = all_differ_.kept(measure(all_differ_, as_they_are));
    const std::vector<Bits> chosen = least_cost(result_.kept_before - options_.most_loss);
    result_.device = with(chosen);
    for (size_t i = 0; i < layers_.size(); ++i)
      for (const Kind& kind : kinds_)
        if (chosen[i].*kind.of > 0) (result_.layers[i].*kind.row).chosen = chosen[i].*kind.of;
    return std::move(result_);
  }

 private:
  std::vector<int> add_kind(const char* name, int own, int Bits::*of, cim::TriedBits cim::LayerSensitivity::*row) {
    std::vector<int> bits;
    std::copy_if(options_.bits.begin(), options_.bits.end(), std::back_inserter(bits), [&](int b) { return b < own; });
    if (bits.empty())
      throw ModelError(std::string(name) + " of " + device_.name + " have " + std::to_string(own) +
                       " bits: there are no fewer to choose");
    bits.push_back(own);
    kinds_.push_back({bits, of, row});
    return bits;
  }

  const std::string& name_of(size_t layer) const { return graph_.node(layers_[layer]).name; }

  cim::ArrayWeights weights_of(size_t layer, Tensor& storage) const {
    return cim::weights_of(graph_.node(layers_[layer]), storage);
  }

  // Weights are cut off where that is the least error.
  cim::LayerBits layer_bits(size_t layer, const Bits& bits) const {
    const cim::LayerBits* kept = device_.bits_of(name_of(layer));
    cim::LayerBits own = kept == nullptr ? cim::LayerBits{name_of(layer)} : *kept;
    if (bits.converter > 0) own.output_bits = bits.converter;
    if (bits.weight == 0) return own;
    Tensor storage;
    weights_of(layer, storage);
    const Quantization q =
        calibrate_weights(storage, {.bits = bits.weight, .per_channel = false, .calibrator = Calibrator::mse});
    own.weight_bits = bits.weight;
    own.weight_limit = static_cast<double>(q.scale[0]) * q.highest();
    return own;
  }

  cim::ArrayDevice with(const std::vector<Bits>& bits) const {
    cim::ArrayDevice device = device_;
    device.layers.clear();
    for (size_t i = 0; i < layers_.size(); ++i) {
      const cim::LayerBits own = layer_bits(i, bits[i]);
      if (own.weight_bits > 0 || own.weight_limit > 0 || own.output_bits > 0) device.layers.push_back(own);
    }
    return device;
  }

  ArrayDifferences::Outputs measure(const ArrayDifferences& differ,
                                    const std::function<cim::PreparedLayers(int)>& programmed) {
    ArrayDifferences::Outputs outputs = differ.outputs(options_.chips, programmed);
    if (progress_) progress_(++measured_, to_measure_);
    return outputs;
  }

  // Chips with one layer as `device` has it, all others with the device's own bits.
  ArrayDifferences::Outputs measure_one(size_t layer, const cim::ArrayDevice& device, const cim::Settings& settings) {
    return measure(some_differ_, [&](int chip) {
      cim::PreparedLayers layers = chips_[static_cast<size_t>(chip)];
      Tensor storage;
      layers[name_of(layer)] = std::make_shared<const cim::PreparedLayer>(
          cim::program(weights_of(layer, storage), device, settings.at(name_of(layer)),
                       options_.seed + static_cast<uint64_t>(chip), static_cast<uint32_t>(layer)));
      return layers;
    });
  }

  void list_layers() {
    for (const cim::ConverterUse& use : cim::converter_uses(graph_, device_, settings_)) {
      Tensor storage;
      cim::LayerSensitivity row{use.name};
      row.weights = static_cast<int64_t>(weights_of(result_.layers.size(), storage).weights.size());
      row.columns = use.columns;
      row.conversions = use.conversions;
      row.weight.own = row.weight.chosen = use.weight_bits;
      row.converter.own = row.converter.chosen = use.bits;
      result_.layers.push_back(std::move(row));
    }
  }

  void find_sensitivities(const Kind& kind, const ArrayDifferences::Outputs& before) {
    for (const int bits : kind.bits) {
      Bits fewer;
      fewer.*kind.of = bits;
      const bool own = bits == kind.bits.back();
      const cim::ArrayDevice device = own ? device_ : with(std::vector<Bits>(layers_.size(), fewer));
      const cim::Settings settings = own ? settings_ : ranges_(device);
      for (size_t i = 0; i < layers_.size(); ++i) {
        double& noise = (result_.layers[i].*kind.row).noise.emplace_back(0);
        if (own) continue;
        const ArrayDifferences::Outputs now = measure_one(i, device, settings);
        noise = some_differ_.change(now, before);
      }
    }
  }

  // What a layer takes with so many bits of a kind: memory, or energy.
  static double amount(const Kind& kind, const cim::LayerSensitivity& layer, int bits) {
    if (kind.of == &Bits::weight) return static_cast<double>(layer.weights) * bits;
    return static_cast<double>(layer.conversions) * cim::converter_cost(bits).picojoules();
  }

  // Each layer's choice of each kind, layers of a kind together. Costs are shares of what the device's own bits take.
  std::vector<Decision> decisions() const {
    constexpr double kWhole = 1e5;
    std::vector<Decision> list;
    for (const Kind& kind : kinds_) {
      double all = 0;
      for (const cim::LayerSensitivity& layer : result_.layers) all += amount(kind, layer, kind.bits.back());
      for (const cim::LayerSensitivity& layer : result_.layers) {
        Decision decision{{layer.name}, {}};
        for (size_t i = 0; i < kind.bits.size(); ++i)
          decision.options.push_back(
              {{(layer.*kind.row).noise[i], std::llround(amount(kind, layer, kind.bits[i]) / all * kWhole)},
               {kind.bits[i]}});
        list.push_back(std::move(decision));
      }
    }
    return list;
  }

  std::vector<Bits> bits_of(const std::vector<size_t>& options) const {
    std::vector<Bits> bits(layers_.size());
    for (size_t k = 0; k < kinds_.size(); ++k)
      for (size_t i = 0; i < layers_.size(); ++i) {
        const size_t option = options[k * layers_.size() + i];
        if (option + 1 < kinds_[k].bits.size()) bits[i].*kinds_[k].of = kinds_[k].bits[option];
      }
    return bits;
  }

  std::vector<Bits> least_cost(double least_kept) {
    const std::vector<Decision> all = decisions();
    int64_t low = 0, high = 0;
    for (const Decision& decision : all) {
      low += decision.options.front().costs.weight_bits;
      high += decision.options.back().costs.weight_bits;
    }
    std::vector<Bits> best(layers_.size());
    for (int i = 0; i < kHalvings; ++i) {
      const int64_t middle = low + (high - low) / 2;
      const auto found = minimize_perturbation(all, {SearchAxis::weight_bits, static_cast<double>(middle)});
      const double kept = found ? kept_with(bits_of(*found)) : 0;
      if (found && kept >= least_kept) {
        best = bits_of(*found);
        result_.kept = kept;
        high = middle;
      } else {
        low = middle;
      }
    }
    return best;
  }

  double kept_with(const std::vector<Bits>& bits) {
    const cim::ArrayDevice device = with(bits);
    const cim::Settings settings = ranges_(device);
    return all_differ_.kept(measure(all_differ_, [&](int chip) {
      return cim::program(graph_, device, settings, options_.seed + static_cast<uint64_t>(chip));
    }));
  }

  const Graph& graph_;
  cim::ArrayDevice device_;
  const RangeSource& ranges_;
  const ArrayBitsOptions& options_;
  const std::function<void(int64_t, int64_t)>& progress_;
  std::vector<float> some_;
  ArrayDifferences some_differ_, all_differ_;
  std::vector<NodeId> layers_;
  std::vector<Kind> kinds_;
  cim::Settings settings_;  // with the device's own bits; likewise the chips
  std::vector<cim::PreparedLayers> chips_;
  cim::ChosenArrayBits result_;
  int64_t measured_ = 0, to_measure_ = 0;
};

}  // namespace

cim::ChosenArrayBits choose_array_bits(const Graph& graph, const cim::ArrayDevice& device, const RangeSource& ranges,
                                       std::span<const float> images, int64_t count, const ArrayBitsOptions& options,
                                       const std::function<void(int64_t done, int64_t all)>& progress) {
  return Choice(graph, device, ranges, images, count, options, progress).run();
}

}  // namespace flashcell::quant
