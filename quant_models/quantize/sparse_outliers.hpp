#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"

// SpQR: few bits in small groups, the weights that would suffer most apart in 16 bits (Dettmers et al., SpQR, ICLR
// 2024).
namespace flashcell::quant {

struct SparseOutlierOptions {
  int bits = 3;            ///< of a weight, 2 to 8
  int group = 16;          ///< weights of a row with a scale and a zero point of their own
  int statistic_bits = 3;  ///< of scales and zero points, which are themselves stored in groups of `group` rows
  double outliers = 0.01;  ///< share of the weights whose error may be the largest before they are kept apart, 0 to 1
  double damping = 0.01;   ///< of the mean of the Hessian's diagonal, added to the diagonal
  int places = 64;         ///< outputs looked at in each image and layer, drawn at random
  uint64_t seed = 1;       ///< of the places
};

/// A weight that is kept apart, at float16's precision.
struct OutlierWeight {
  size_t row = 0, column = 0;
  float value = 0;
  bool operator==(const OutlierWeight&) const = default;
};

/// A matrix in few bits.
struct SparseOutlierMatrix {
  std::vector<float> values;            ///< what it stands for, outliers included, row after row
  std::vector<OutlierWeight> outliers;  ///< by row, then column
  double bits_per_weight = 0;           ///< weights, scales, zero points, and 32 bits for each outlier
};

/// One matrix, rows x columns, whose rows are multiplied with vectors x: `hessian` is the sum of x x', columns x
/// columns. Columns in turn are rounded and the error is made up for by those that follow, as the inverse Hessian says
/// (GPTQ: Frantar et al., ICLR 2023, equations 2 and 3, by Cholesky). At the start of each group its scales and zero
/// points are chosen, from lowest to highest weight of a row without its outliers. A weight is an outlier where its
/// error^2 / [H^-1]_jj is above tau (SpQR, equation 2). Ours: tau is the value that `outliers` of the layer's weights
/// exceed when they are rounded to the nearest, so that it needs no setting by layer.
/// Throws std::invalid_argument for options out of range and sizes that do not fit.
SparseOutlierMatrix quantize_sparse_outliers(std::span<const float> matrix, size_t rows, size_t columns,
                                             std::span<const double> hessian, const SparseOutlierOptions& options);

struct SparseOutlierResult {
  Graph graph;  ///< weights are what they stand for, without a quantization
  double bits_per_weight = 0;
  int64_t outliers = 0, weights = 0;
};

/// Every layer with weights and at most 4608 inputs an output, in the graph's order, each on what the layers before it
/// make of the images once they are done. `count` images as run_all() takes them. Equal arguments give equal bytes.
SparseOutlierResult quantize_sparse_outliers(Graph graph, std::span<const float> images, int64_t count,
                                             const SparseOutlierOptions& options,
                                             const std::function<void(const std::string& layer)>& progress = {});

}  // namespace flashcell::quant
