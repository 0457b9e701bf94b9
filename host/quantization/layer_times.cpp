#include "host/quantization/layer_times.hpp"

#include <algorithm>
#include <chrono>
#include <limits>

#include "host/inference/engine/engine.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/packed/describe.hpp"

namespace flashcell::host {
namespace {

constexpr int kRuns = 15;

int64_t nanoseconds(Engine& engine, size_t layer) {
  using Clock = std::chrono::steady_clock;
  const size_t items = engine.items_at_once();
  auto least = std::numeric_limits<int64_t>::max();
  for (int run = 0; run < kRuns; ++run) {
    const auto start = Clock::now();
    engine.run_layer(layer, items);
    least = std::min<int64_t>(least, std::chrono::nanoseconds(Clock::now() - start).count());
  }
  return least / static_cast<int64_t>(items);
}

}  // namespace

quant::LayerTimes measure_layer_times(const quant::Graph& real, const quant::PlanData& data,
                                      const quant::PostTrainingOptions& quantization, const quant::BitChoices& choices,
                                      bool on_this_processor) {
  quant::LayerTimes times;
  const auto statistics = quant::collect_statistics(real, data.images, data.count);
  for (const int weights : choices.weights)
    for (const int values : choices.values) {
      quant::PostTrainingOptions uniform = quantization;
      uniform.weights.bits = weights;
      uniform.edge_weight_bits = 0;
      uniform.activations.bits = values;
      const quant::PackedModel model =
          quant::lower(quant::quantize_values(quant::quantize_weights(real, uniform), statistics, uniform), "uniform");
      const std::vector<quant::LayerSummary> layers = quant::describe(model).layers;
      Engine engine(model);
      int64_t rest = 0;
      for (size_t layer = 0; layer < layers.size(); ++layer) {
        const int64_t time =
            on_this_processor ? nanoseconds(engine, layer) : static_cast<int64_t>(layers[layer].kernel_cycles);
        const auto node = real.find(layers[layer].name);
        if (node && quant::weight_of(real.node(*node).layer) != nullptr)
          times.layers[*node][{weights, values}] = time;
        else
          rest += time;
      }
      times.rest = std::max(times.rest, rest);
    }
  return times;
}

}  // namespace flashcell::host
