#pragma once
#include "quant_models/graph/graph.hpp"

// Weights of -1, 0 and 1 times a scale.
namespace flashcell::quant {

/// How the scale is chosen.
enum class TernaryScale {
  absmean,  ///< the mean magnitude (BitNet b1.58, Ma et al., 2024, equations 1 to 3)
  fitted,   ///< the mean magnitude of the weights that do not become 0, by Lloyd's iteration: weights that are ternary
            ///< already keep their scale
};

struct TernaryOptions {
  bool per_channel = false;  ///< a scale for each output channel, not one for the layer
  TernaryScale scale = TernaryScale::absmean;
  bool keep_edges = true;  ///< layers next to inputs and outputs (edge_layers()) keep their weights
};

/// Integers clip(round(W / scale), -1, 1): as 2-bit narrow signed integers, which the engine has. Weights of zeros get
/// scale 1.
Quantization ternary_quantization(const Tensor& weight, const TernaryOptions& options);

/// Of Lloyd's iteration.
inline constexpr int kTernaryIterations = 10;

/// Every layer's weights quantized so; the real numbers stay.
Graph quantize_ternary(Graph graph, const TernaryOptions& options);

}  // namespace flashcell::quant
