#pragma once
#include <span>
#include <vector>

#include "quant_models/graph/graph.hpp"

// One bit a weight: its sign, times a number of its row and one of its column.
namespace flashcell::quant {

/// W is about Sign(W) x (rows columns'), element by element; Sign(0) = 1.
struct SignFactors {
  std::vector<float> rows, columns;  ///< none below 0; both of the same length as vectors
};

/// The factors with the least squared error, whatever the signs: the first singular pair of |W|, by power iteration
/// (SVID: Xu et al., OneBit, NeurIPS 2024, equation 4). `matrix`: row after row. Factors of a matrix of zeros are 0.
/// Throws std::invalid_argument where the size is not rows x columns, or one of them 0.
SignFactors factor_magnitudes(std::span<const float> matrix, size_t rows, size_t columns);

/// What signs and factors stand for, in the place of the matrix.
void apply_sign_factors(std::span<float> matrix, const SignFactors& factors);

struct OneBitOptions {
  bool keep_edges = true;  ///< layers next to inputs and outputs (edge_layers()) keep their weights
};

/// Every layer's weights as what their signs and factors stand for: a row for each output channel, a column for each of
/// its inputs. Weights that are quantized lose their quantization.
Graph round_to_signs(Graph graph, const OneBitOptions& options);

}  // namespace flashcell::quant
