#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"
#include "quant_models/quantize/adaptive_rounding.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "quant_models/quantize/repq.hpp"
#include "quant_models/report/error_report.hpp"

// From a network in real numbers to a quantized one and what that costs: what `flashcell quantize` does, without files.
namespace flashcell::quant {

/// What the network is shown: `count` images one after the other, as run_all() takes them.
struct PlanData {
  std::span<const float> images;
  int64_t count = 0;
};

/// Hears what is being done.
using PlanProgress = std::function<void(const std::string& what)>;

/// A network on its way through a plan.
struct PlanState {
  Graph real;       ///< what the quantized one is compared with; a pass may rewrite it into an equal one
  Graph quantized;  ///< empty until a pass has made it
  PlanData data;
  std::vector<std::string> steps;  ///< what was done, one line each
};

/// One step of a plan. Throws ModelError for networks and images that cannot be used.
using Pass = std::function<void(PlanState& state, const PlanProgress& progress)>;

/// Equalizes the ranges of neighbouring layers of the real network (equalization.hpp).
Pass equalize_pass();
/// Makes the quantized network by what the images show (post_training.hpp).
Pass post_training_pass(const PostTrainingOptions& options);
/// Gives the quantized network the scales that transformers' integer arithmetic asks for (integer_functions.hpp).
Pass integer_functions_pass();
/// The same for a vision transformer (repq.hpp).
Pass repq_pass(const RepqOptions& options);
/// Gives patches of a network that repq_pass() has made bits of their own (patch_bits.hpp), `mean_bits` on average,
/// where that brings its outputs closer to the real ones than the same bits everywhere; behind every other pass.
Pass patch_bits_pass(int mean_bits);
/// Rounds the quantized network's weights the better way (adaptive_rounding.hpp).
Pass adaptive_rounding_pass(const AdaptiveRoundingOptions& options);
/// Takes mean errors out of the quantized network's biases, where that helps (bias_correction.hpp).
Pass bias_correction_pass();

/// Passes in their order; one of them makes the quantized network.
using Plan = std::vector<Pass>;

struct PlanResult {
  Graph real, quantized;
  std::vector<std::string> steps;     ///< what was done, one line each
  std::vector<ValueError> errors;     ///< value by value, over the images
  std::optional<int64_t> same_class;  ///< images whose largest output is the same one; none: no vector of classes
};

/// The network as plans take it: for single images, simplified. Throws ModelError for one without inputs, or that is
/// quantized already.
Graph prepare_for_plan(Graph graph);

/// Runs the passes on a network that prepare_for_plan() gave, and compares what comes out with it. Equal arguments
/// give equal results. Throws what the passes throw, std::invalid_argument for a plan that makes no quantized network.
PlanResult run_plan(const Plan& plan, Graph graph, const PlanData& data, const PlanProgress& progress = {});

}  // namespace flashcell::quant
