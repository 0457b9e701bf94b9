#include "host/app/few_bits.hpp"

#include <fmt/format.h>

#include "host/app/training_work.hpp"
#include "quant_models/graph/cost.hpp"
#include "quant_models/quantize/few_bit_passes.hpp"

namespace flashcell::app {
namespace {

/// Trains the real network on by a command of flashcell_train, then quantizes what comes out.
quant::Pass retrained_pass(const std::string& command, const std::vector<std::string>& options,
                           const quant::PostTrainingOptions& quantization) {
  return [=](quant::PlanState& state, const quant::PlanProgress& progress) {
    progress(fmt::format("training ({})", command));
    const quant::Graph trained = retrained(command, options, state.real, state.data);
    const quant::Cost before = quant::total_cost(state.real), after = quant::total_cost(trained);
    state.steps.push_back(fmt::format("trained on {} images without labels ({})", state.data.count, command));
    if (after.parameters != before.parameters)
      state.steps.push_back(fmt::format("{} of {} parameters and {} of {} multiply-accumulates are left",
                                        after.parameters, before.parameters, after.macs, before.macs));
    state.quantized = quantize_post_training(trained, state.data.images, state.data.count, quantization);
  };
}

}  // namespace

void add_few_bit_options(Command& command, FewBitOptions& options) {
  command.add_option("--spqr-bits", options.spqr_bits, "Of --method spqr").range(2, 8);
  command.add_option("--outliers", options.outliers, "Of --method spqr: share of weights kept apart in 16 bits")
      .range(0.0, 1.0);
  command.add_option("--prune", options.pruned, "Of --method prune: share of channels that go").range(0.0, 0.99);
  command.add_option("--steps", options.steps, "Of training, of --method ease-in, cluster, prune").range(1, 1000000);
}

void add_few_bit_passes(const FewBitOptions& options, uint64_t seed, const quant::PostTrainingOptions& quantization,
                        quant::Plan& plan) {
  const std::string& method = options.method;
  const bool per_channel = quantization.weights.per_channel;
  std::vector<std::string> training = {"--steps", std::to_string(options.steps), "--seed", std::to_string(seed)};
  if (method == "ease-in" || method == "cluster") {
    training.insert(training.end(), {"--method", method});
    plan.push_back(retrained_pass("ternary", training, quantization));
  }
  if (method == "prune") {
    training.insert(training.end(), {"--share", fmt::format("{}", options.pruned)});
    plan.push_back(retrained_pass("prune", training, quantization));
  }
  if (method == "ternary" || method == "ease-in" || method == "cluster")
    plan.push_back(quant::ternary_pass(
        {.per_channel = per_channel,
         .scale = method == "cluster" ? quant::TernaryScale::fitted : quant::TernaryScale::absmean}));
  if (method == "onebit") plan.push_back(quant::one_bit_pass({}));
  if (method == "spqr")
    plan.push_back(quant::sparse_outlier_pass({.bits = options.spqr_bits, .outliers = options.outliers, .seed = seed}));
}

bool keeps_integers(const FewBitOptions& options) {
  return options.method != "onebit" && options.method != "spqr";
}

}  // namespace flashcell::app
