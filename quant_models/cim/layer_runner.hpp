#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "quant_models/cim/array_layer.hpp"

namespace flashcell::quant::cim {

/// A layer's arrays laid out for products: the mean of every cell, and its variance where reads are noisy. Of a cell
/// that reads max(0, G + noise) these are exact (rectified.hpp), and so are the mean and the variance of a column: sums
/// of v times the means and v^2 times the variances. Its shape is taken for normal, which sums of independent cells
/// come to.
class PreparedLayer {
 public:
  explicit PreparedLayer(ArrayLayer layer);

  const ArrayLayer& layer() const { return layer_; }

  struct Array {
    MatrixProduct mean;                     ///< in units of 1 / weight
    std::optional<MatrixProduct> variance;  ///< over g_max^2
  };
  const Array& array(size_t i) const { return arrays_[i]; }

 private:
  ArrayLayer layer_;
  std::vector<Array> arrays_;
};

/// Sees the currents of an array's column before the converter.
using CurrentObserver = std::function<void(const CellArray& array, int output, std::span<const float> currents)>;

/// Where products stand in a run; it fixes their noise.
struct ProductPlace {
  uint64_t item = 0;   ///< the picture
  uint64_t first = 0;  ///< its first window or vector; even
  uint64_t count = 0;  ///< of all its windows or vectors
};

/// Computes with one layer's arrays. One thread at a time; run() allocates nothing.
class LayerRunner {
 public:
  explicit LayerRunner(std::shared_ptr<const PreparedLayer> layer, CurrentObserver observer = {});

  /// `block`: the layer's inputs of one group as codes (InputConverter), in MatrixProduct's layout, `columns` of them.
  /// out[output * stride + column] becomes the layer's numbers, bias included.
  void run(const float* block, int columns, int group, const ProductPlace& place, float* out, int64_t stride);

 private:
  void add_arrays(const float* block, int columns, int group, const ProductPlace& place, double share, float* out,
                  int64_t stride);
  void add_array(size_t index, const float* block, int columns, const ProductPlace& place, double share, float* out,
                 int64_t stride);
  void products(size_t index, const float* block, int columns);
  void take_offset(const float* block, int columns, float* out, int64_t stride);
  void read_cells(const CellArray& array, int output, const float* block, int columns, const ProductPlace& place);

  std::shared_ptr<const PreparedLayer> prepared_;
  const ArrayLayer& layer_;
  CurrentObserver observer_;
  std::vector<float> digits_, squares_, sums_, variances_, noise_, currents_;
};

/// Currents of an array's columns in double precision, without noise: v of all its rows, from -1 to 1.
std::vector<double> exact_currents(const Cells& cells, std::span<const double> v);

}  // namespace flashcell::quant::cim
