#pragma once
#include <optional>
#include <vector>

#include "quant_models/layers/aspects.hpp"
#include "quant_models/layers/window.hpp"
#include "quant_models/tensor/quantization.hpp"

namespace flashcell::quant {

/// What a convolution's gradient does, to enlarge images ("deconvolution"): pixel (r, c) gives its share of tap (i, j)
/// to place (stride * r + dilation * i - padding.top, stride * c + dilation * j - padding.left).
/// N x I x H x W -> N x O x H' x W', H' = stride * (H - 1) + span of the window + more - padding.
struct TransposedConvolution {
  Tensor weight;  ///< O x I x kernel rows x kernel columns
  Tensor bias;    ///< O, or empty
  Stride stride = {};
  Padding padding = {};                 ///< rows and columns that are cut off the result
  int more_rows = 0, more_columns = 0;  ///< below and to the right
  Dilation dilation = {};
  std::optional<Quantization> weight_quantization = {};

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  std::vector<const Tensor*> parameters() const { return {&weight, &bias}; }
  /// On average, rounded up.
  int64_t macs_per_number(std::span<const Shape> in) const;
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  void take_trained(const TrainedValues& values);
  bool operator==(const TransposedConvolution&) const = default;
};

}  // namespace flashcell::quant
