#include "quant_models/quantize/few_bit_passes.hpp"

#include <fmt/format.h>

namespace flashcell::quant {
namespace {

const char* edges_text(bool keep) {
  return keep ? "; first and last layers keep theirs" : "";
}

}  // namespace

Pass one_bit_pass(const OneBitOptions& options) {
  return [options](PlanState& state, const PlanProgress& progress) {
    progress("splitting weights into signs and factors");
    state.quantized = round_to_signs(std::move(state.quantized), options);
    state.steps.push_back(fmt::format("weights 1 bit: signs times a number of the row and one of the column{}",
                                      edges_text(options.keep_edges)));
  };
}

Pass ternary_pass(const TernaryOptions& options) {
  return [options](PlanState& state, const PlanProgress& progress) {
    progress("rounding weights to -1, 0 and 1");
    state.quantized = quantize_ternary(std::move(state.quantized), options);
    state.steps.push_back(fmt::format("weights -1, 0 and 1 times the mean magnitude{} of a {}{}",
                                      options.scale == TernaryScale::fitted ? " of those that are not 0" : "",
                                      options.per_channel ? "channel" : "layer", edges_text(options.keep_edges)));
  };
}

Pass sparse_outlier_pass(const SparseOutlierOptions& options) {
  return [options](PlanState& state, const PlanProgress& progress) {
    SparseOutlierResult result =
        quantize_sparse_outliers(std::move(state.quantized), state.data.images, state.data.count, options,
                                 [&](const std::string& layer) { progress("rounding " + layer); });
    state.quantized = std::move(result.graph);
    state.steps.push_back(
        fmt::format("weights {} bits in groups of {}, {} of {} apart in 16 bits (SpQR): {:.2f} bits a weight",
                    options.bits, options.group, result.outliers, result.weights, result.bits_per_weight));
  };
}

}  // namespace flashcell::quant
