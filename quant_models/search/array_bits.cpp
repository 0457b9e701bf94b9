#include "quant_models/search/array_bits.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/calibrate/calibrator.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/search/choose_point.hpp"

namespace flashcell::quant {
namespace {

size_t largest_of(std::span<const float> scores) {
  return static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

// What a network on arrays differs by from the one in real numbers.
struct Difference {
  double noise = 0;  // over the power of the outputs
  double kept = 0;   // percent
};

class Choice {
 public:
  Choice(const Graph& graph, const cim::Device& device, const RangeSource& ranges, std::span<const float> images,
         int64_t count, const ArrayBitsOptions& options, const std::function<void(int64_t)>& progress)
      : graph_(graph),
        device_(device),
        ranges_(ranges),
        images_(images),
        count_(count),
        options_(options),
        progress_(progress),
        real_(run_all(graph, images, count, options.run)) {
    device_.faults.bit_inversion = options.bit_errors;
    device_.layers.clear();
    for (const int bits : options.bits)
      if (bits < device.array.weight_bits) result_.bits.push_back(bits);
    if (result_.bits.empty())
      throw ModelError("weights of " + device.name + " have " + std::to_string(device.array.weight_bits) +
                       " bits: there are no fewer to choose");
    result_.bits.push_back(device.array.weight_bits);
    result_.bit_errors = options.bit_errors;
    result_.pictures = count;
    for (const NodeId id : cim::nodes_on_arrays(graph)) layers_.push_back(id);
  }

  cim::ChosenBits run() {
    prepare();
    const Difference before = measure(std::vector<size_t>(layers_.size(), result_.bits.size() - 1));
    result_.kept_before = before.kept;
    find_sensitivities(before.noise);
    std::vector<size_t> chosen = least_memory(before.kept - options_.most_loss);
    result_.kept = measure(chosen).kept;
    result_.device = device_;
    for (size_t i = 0; i < layers_.size(); ++i) {
      result_.layers[i].chosen = result_.bits[chosen[i]];
      if (chosen[i] + 1 < result_.bits.size()) result_.device.layers.push_back(own_bits(i, chosen[i]));
    }
    return std::move(result_);
  }

 private:
  const std::string& name_of(size_t layer) const { return graph_.node(layers_[layer]).name; }

  // Weights are cut off where that is the least error.
  cim::LayerBits own_bits(size_t layer, size_t choice) const {
    const int bits = result_.bits[choice];
    Tensor storage;
    cim::weights_of(graph_.node(layers_[layer]), storage);
    const Quantization q =
        calibrate_weights(storage, {.bits = bits, .per_channel = false, .calibrator = Calibrator::mse});
    return {name_of(layer), bits, static_cast<double>(q.scale[0]) * q.highest(), 0};
  }

  // Ranges of all layers with each of the bits, and whole chips with the device's own.
  void prepare() {
    for (size_t choice = 0; choice < result_.bits.size(); ++choice) {
      devices_.push_back(device_);
      if (choice + 1 < result_.bits.size())
        for (size_t i = 0; i < layers_.size(); ++i) devices_.back().layers.push_back(own_bits(i, choice));
      settings_.push_back(ranges_(devices_.back()));
    }
    for (int chip = 0; chip < options_.chips; ++chip)
      chips_.push_back(cim::program(graph_, device_, settings_.back(), options_.seed + static_cast<uint64_t>(chip)));
  }

  Difference measure(const std::vector<size_t>& choices) {
    Difference all;
    for (size_t chip = 0; chip < chips_.size(); ++chip) {
      cim::PreparedLayers layers = chips_[chip];
      for (size_t i = 0; i < layers_.size(); ++i) {
        const size_t choice = choices[i];
        if (choice + 1 == result_.bits.size()) continue;
        Tensor storage;
        layers[name_of(i)] = std::make_shared<const cim::PreparedLayer>(
            cim::program(cim::weights_of(graph_.node(layers_[i]), storage), devices_[choice],
                         settings_[choice].at(name_of(i)), options_.seed + chip, static_cast<uint32_t>(i)));
      }
      add(cim::run_on_arrays(graph_, layers, images_, count_, options_.run), all);
    }
    if (progress_) progress_(++measured_);
    return all;
  }

  void add(const std::vector<float>& ours, Difference& all) const {
    double noise = 0, power = 0;
    for (size_t i = 0; i < ours.size(); ++i) {
      noise += std::pow(static_cast<double>(ours[i]) - real_[i], 2);
      power += std::pow(static_cast<double>(real_[i]), 2);
    }
    const size_t classes = ours.size() / static_cast<size_t>(count_);
    int64_t same = 0;
    for (size_t i = 0; i < ours.size(); i += classes)
      same += largest_of(std::span(ours).subspan(i, classes)) == largest_of(std::span(real_).subspan(i, classes));
    all.noise += noise / std::max(power, 1e-30) / options_.chips;
    all.kept += 100.0 * static_cast<double>(same) / static_cast<double>(count_) / options_.chips;
  }

  void find_sensitivities(double before) {
    for (size_t i = 0; i < layers_.size(); ++i) {
      Tensor storage;
      cim::LayerSensitivity row{name_of(i), 0, {}, 0};
      row.weights = static_cast<int64_t>(cim::weights_of(graph_.node(layers_[i]), storage).weights.size());
      for (size_t choice = 0; choice + 1 < result_.bits.size(); ++choice) {
        std::vector<size_t> choices(layers_.size(), result_.bits.size() - 1);
        choices[i] = choice;
        row.noise.push_back(std::max(0.0, measure(choices).noise - before));
      }
      row.noise.push_back(0);
      result_.layers.push_back(std::move(row));
    }
  }

  std::vector<size_t> least_memory(double least_kept) {
    std::vector<Decision> decisions;
    int64_t low = 0, high = 0;
    for (const cim::LayerSensitivity& row : result_.layers) {
      Decision decision{{row.name}, {}};
      for (size_t choice = 0; choice < result_.bits.size(); ++choice)
        decision.options.push_back({{row.noise[choice], row.weights * result_.bits[choice]}, {result_.bits[choice]}});
      decisions.push_back(std::move(decision));
      low += row.weights * result_.bits.front();
      high += row.weights * result_.bits.back();
    }
    std::vector<size_t> best(layers_.size(), result_.bits.size() - 1);
    constexpr int kHalvings = 8;  // to half a percent of the memory
    for (int i = 0; i < kHalvings; ++i) {
      const int64_t middle = low + (high - low) / 2;
      const auto found = minimize_perturbation(decisions, {SearchAxis::weight_bits, static_cast<double>(middle)});
      if (found && measure(*found).kept >= least_kept) {
        best = *found;
        high = middle;
      } else {
        low = middle;
      }
    }
    return best;
  }

  const Graph& graph_;
  cim::Device device_;
  const RangeSource& ranges_;
  std::span<const float> images_;
  int64_t count_;
  const ArrayBitsOptions& options_;
  const std::function<void(int64_t)>& progress_;
  std::vector<float> real_;
  std::vector<NodeId> layers_;
  std::vector<cim::Device> devices_;     // by choice
  std::vector<cim::Settings> settings_;  // likewise
  std::vector<cim::PreparedLayers> chips_;
  cim::ChosenBits result_;
  int64_t measured_ = 0;
};

}  // namespace

cim::ChosenBits choose_array_bits(const Graph& graph, const cim::Device& device, const RangeSource& ranges,
                                  std::span<const float> images, int64_t count, const ArrayBitsOptions& options,
                                  const std::function<void(int64_t done)>& progress) {
  return Choice(graph, device, ranges, images, count, options, progress).run();
}

}  // namespace flashcell::quant
