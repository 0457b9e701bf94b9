#pragma once
#include <optional>
#include <span>

#include "quant_models/calibrate/calibrator.hpp"
#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

struct RepqOptions {
  WeightOptions weights = {.bits = 4, .calibrator = Calibrator::mse};
  int value_bits = 4;
  int edge_weight_bits = 0;                ///< of the layers next to input and outputs; 0: as the others
  std::optional<Quantization> input = {};  ///< how the input is stored; none: 8 bits of what the images show
  bool always_log = false;                 ///< behind a softmax, as the authors; else even steps where their error is
                                           ///< less: levels of log sqrt 2 do not lie closer with more bits
  bool narrow_softmax = true;      ///< 2^bits levels behind a softmax, as memory has; false: the authors' one more
  int64_t most_numbers = 1 << 19;  ///< of one value that scales are searched on, spread over the images
};

/// A vision transformer with quantized matrix products: weights, and every value that a layer with weights or a product
/// of two values reads. The rest (sums along the residual stream, what softmax, GELU and layer normalization read)
/// stays in real numbers, as publications on transformers measure it. Values behind a layer normalization: a scale for
/// each channel, turned into one for all by changing the normalization and the weights behind it
/// (norm_reparameterization.hpp); behind a softmax: log sqrt 2, or even steps where these err
/// less; others: asymmetric steps. Scales of values are
/// searched by percentiles (percentile_search.hpp). Batch normalization is folded first.
/// Source: Li, Xiao, Yang, Gu, RepQ-ViT: Scale Reparameterization for Post-Training Quantization of Vision
/// Transformers, ICCV 2023. Values are looked at in the network in real numbers.
/// `images`: `count` of them, as run_all() takes them. Throws ModelError for a graph without a product of two values,
/// std::invalid_argument for options out of range or no images.
Graph quantize_repq(const Graph& graph, std::span<const float> images, int64_t count, const RepqOptions& options);

}  // namespace flashcell::quant
