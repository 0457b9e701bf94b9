#pragma once
#include <span>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

struct BiasCorrection {
  Graph graph;
  double sqnr_before_db = 0, sqnr_after_db = 0;  ///< of the network's outputs on the images, with the biases of before
                                                 ///< and with corrected ones
  bool kept = false;  ///< whether `graph` has the corrected biases: only where they bring the outputs closer
};

/// Takes the mean error, channel by channel, that quantization makes over a few images (`count` of them, as run_all()
/// takes them) out of each layer's bias; layer by layer in the graph's order, each behind layers that are corrected
/// already. Source: Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, 2019, section
/// 4.2 and the appendix on empirical correction; but the mean is taken where the layer's value ends: behind the sum
/// with another value and the activation that alone read it. With values of 4 bits most of the error in a layer's own
/// sums stands where the activation cuts them off, and a bias that makes up for it lifts all that it lets through.
/// `real`: the network before quantization, with nodes of the same names. Throws ModelError where one is missing.
BiasCorrection correct_biases(const Graph& real, const Graph& quantized, std::span<const float> images, int64_t count);

}  // namespace flashcell::quant
