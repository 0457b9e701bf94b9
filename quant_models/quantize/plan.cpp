#include "quant_models/quantize/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/quantize/bias_correction.hpp"
#include "quant_models/quantize/equalization.hpp"
#include "quant_models/quantize/integer_functions.hpp"
#include "quant_models/quantize/patch_bits.hpp"

namespace flashcell::quant {
namespace {

std::vector<std::string> described(const PostTrainingOptions& o) {
  const int sums = o.sum_bits > 0 ? o.sum_bits : o.activations.bits;
  const int outputs = o.output_bits > 0 ? o.output_bits : std::max(o.activations.bits, kLeastEndBits);
  std::vector<std::string> steps = {
      fmt::format("weights {} bits ({}), values {} bits ({}), sums {} bits, outputs {} bits, input 8 bits",
                  o.weights.bits, name_in(kCalibratorNames, o.weights.calibrator), o.activations.bits,
                  name_in(kCalibratorNames, o.activations.calibrator), sums, outputs)};
  if (o.residual_bits > 0) steps.push_back(fmt::format("residual streams {} bits", o.residual_bits));
  if (!o.node_bits.empty()) steps.push_back(fmt::format("{} nodes have bits of their own", o.node_bits.size()));
  if (o.edge_weight_bits > 0)
    steps.push_back(fmt::format("first and last layers' weights {} bits", o.edge_weight_bits));
  if (!o.weights.per_channel) steps.emplace_back("one scale for all weights of a layer");
  if (o.activations.symmetry == Symmetry::asymmetric)
    steps.emplace_back("values from lowest to highest number, asymmetric");
  if (o.activations.power_of_two) steps.emplace_back("scales are powers of two; the input's is what its pixels mean");
  return steps;
}

}  // namespace

Pass equalize_pass() {
  return [](PlanState& state, const PlanProgress& progress) {
    progress("equalizing layers");
    state.real = equalize_layers(std::move(state.real));
    state.steps.emplace_back("ranges of neighbouring layers equalized");
  };
}

Pass post_training_pass(const PostTrainingOptions& options) {
  return [options](PlanState& state, const PlanProgress& progress) {
    progress(fmt::format("calibrating with {} images", state.data.count));
    state.quantized = quantize_post_training(state.real, state.data.images, state.data.count, options);
    for (std::string& step : described(options)) state.steps.push_back(std::move(step));
  };
}

Pass integer_functions_pass() {
  return [](PlanState& state, const PlanProgress& progress) {
    progress("fitting scales to integer functions");
    Graph fitted = fit_integer_functions(state.quantized);
    if (!(fitted == state.quantized))
      state.steps.emplace_back("scales of softmax and residual streams as integers ask");
    state.quantized = std::move(fitted);
  };
}

Pass repq_pass(const RepqOptions& options) {
  return [options](PlanState& state, const PlanProgress& progress) {
    progress(fmt::format("calibrating with {} images", state.data.count));
    state.quantized = quantize_repq(state.real, state.data.images, state.data.count, options);
    state.steps.push_back(
        fmt::format("RepQ-ViT: weights {} bits ({}), what products read {} bits, input 8 bits, the rest real",
                    options.weights.bits, name_in(kCalibratorNames, options.weights.calibrator), options.value_bits));
    if (options.edge_weight_bits > 0)
      state.steps.push_back(fmt::format("first and last layers' weights {} bits", options.edge_weight_bits));
  };
}

namespace {

double output_distance(const Graph& a, const Graph& b, const PlanData& data) {
  const std::vector<float> first = run_all(a, data.images, data.count), second = run_all(b, data.images, data.count);
  double sum = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    const double difference = double{first[i]} - double{second[i]};
    sum += difference * difference;
  }
  return sum;
}

}  // namespace

Pass patch_bits_pass(int mean_bits) {
  return [mean_bits](PlanState& state, const PlanProgress& progress) {
    progress("giving patches bits of their own");
    PatchBitsOptions options;
    options.mean_bits = mean_bits;
    PatchBitsResult patches = allot_patch_bits(state.quantized, state.data.images, state.data.count, options);
    const double same = output_distance(state.real, state.quantized, state.data),
                 own = output_distance(state.real, patches.graph, state.data);
    const auto parted = std::count_if(patches.values.begin(), patches.values.end(),
                                      [](const PatchBits& value) { return value.few != value.many; });
    state.steps.push_back(fmt::format(
        "bits of patches: {:.2f} on average, {} of {} values in two parts; error of the outputs {:.3g} times that of "
        "the same bits everywhere{}",
        patches.mean_bits, parted, patches.values.size(), own / std::max(same, 1e-30),
        own < same ? "" : ", which are kept"));
    if (own < same) state.quantized = std::move(patches.graph);
  };
}

Pass adaptive_rounding_pass(const AdaptiveRoundingOptions& options) {
  return [options](PlanState& state, const PlanProgress& progress) {
    state.quantized = round_adaptively(state.real, std::move(state.quantized), state.data.images, state.data.count,
                                       options, [&](const std::string& layer, size_t done, size_t all) {
                                         progress(fmt::format("rounding {} (layer {} of {})", layer, done + 1, all));
                                       });
    state.steps.push_back(fmt::format("weights rounded adaptively (AdaRound, {} steps)", options.iterations));
    for (const NodeId id : state.quantized.order()) {
      const Node& node = state.quantized.node(id);
      if (weight_of(node.layer) != nullptr && !can_round_adaptively(node.layer))
        state.steps.push_back(fmt::format("{}: too large for AdaRound, rounded to the nearest", node.name));
    }
  };
}

Pass bias_correction_pass() {
  return [](PlanState& state, const PlanProgress& progress) {
    progress("correcting biases");
    BiasCorrection correction = correct_biases(state.real, state.quantized, state.data.images, state.data.count);
    state.quantized = std::move(correction.graph);
    state.steps.push_back(fmt::format("biases {}: outputs' SQNR {:.1f} dB without, {:.1f} dB with correction",
                                      correction.kept ? "corrected" : "left as they were, correction does not help",
                                      correction.sqnr_before_db, correction.sqnr_after_db));
  };
}

Graph prepare_for_plan(Graph graph) {
  if (graph.inputs().empty()) throw ModelError("has no inputs");
  for (const NodeId id : graph.order())
    if (graph.node(id).quantization)
      throw ModelError(
          fmt::format("node '{}' is quantized already; give the network in floating point", graph.node(id).name));
  return simplify(with_batch(std::move(graph), 1));
}

PlanResult run_plan(const Plan& plan, Graph graph, const PlanData& data, const PlanProgress& progress) {
  const PlanProgress hears = progress ? progress : [](const std::string&) {};
  PlanState state{std::move(graph), {}, data, {}};
  for (const Pass& pass : plan) pass(state, hears);
  if (state.quantized.order().empty())
    throw std::invalid_argument("run_plan: no pass of the plan makes the quantized network");
  hears("comparing with floating point");
  PlanResult result{std::move(state.real), std::move(state.quantized), std::move(state.steps), {}, {}};
  result.errors = report_errors(result.real, result.quantized, data.images, data.count);
  result.same_class = count_same_class(result.real, result.quantized, data.images, data.count);
  return result;
}

}  // namespace flashcell::quant
