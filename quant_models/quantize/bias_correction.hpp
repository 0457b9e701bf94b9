#pragma once
#include <span>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// Takes out of each layer's bias the mean error, channel by channel, that quantization adds to its sums over a few
/// images (`count` of them, as run_all() takes them); layer by layer in the graph's order, each behind layers that are
/// corrected already. Source: Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction,
/// 2019, section 4.2 and the appendix on empirical correction.
/// `real`: the network before quantization, with nodes of the same names. Throws ModelError where one is missing.
Graph correct_biases(const Graph& real, Graph quantized, std::span<const float> images, int64_t count);

}  // namespace flashcell::quant
