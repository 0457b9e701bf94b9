#pragma once
#include <map>
#include <span>
#include <string>

#include "quant_models/calibrate/calibrator.hpp"
#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// Low-bit quantization with clipping for analog arrays (LQC; Ichikawa et al., REM-CiM, IEICE Trans. Electronics 2024).
/// The paper says what is clipped, not where: ranges are those of the least mean squared error (ours).
struct LowBitClippingOptions {
  std::map<std::string, int> module_weight_bits = {};  ///< by module (graph/shared_weights.hpp)
  int weight_bits = 4;                                 ///< of other modules; with the sign, which a pair of cells holds
  int activation_bits = 6;  ///< of what activations give, and so of what drives the arrays' rows
  int converter_bits = 6;   ///< of what the arrays' columns give
  int input_bits = 8;       ///< of the network's inputs
};

/// The network (simplified: simplify.hpp) with
///   weights   one symmetric range for a layer, as a pair of cells has: beyond it they are clipped
///   activations clipped and quantized behind each activation function, and behind every sum and product that a layer
///             with weights reads
///   outputs   of layers with weights quantized as their columns' converters do, symmetric about 0, before what
///   follows.
/// Ranges come from `count` examples as run_all() takes them. Throws what collect_statistics() and calibrate() throw.
Graph quantize_low_bit(const Graph& graph, std::span<const float> examples, int64_t count,
                       const LowBitClippingOptions& options);

}  // namespace flashcell::quant
