#pragma once
#include <optional>
#include <vector>

#include "quant_models/layers/aspects.hpp"
#include "quant_models/layers/window.hpp"
#include "quant_models/tensor/quantization.hpp"

namespace flashcell::quant {

/// Two-dimensional cross-correlation, zeros around the image.
/// N x I x H x W -> N x O x H' x W'. Depthwise: groups == I.
struct Convolution {
  Tensor weight;  ///< O x I/groups x kernel rows x kernel columns
  Tensor bias;    ///< O, or empty
  Stride stride = {};
  Padding padding = {};
  int groups = 1;
  std::optional<Quantization> weight_quantization = {};
  Dilation dilation = {};

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  bool reads_chosen_channels() const;
  std::vector<const Tensor*> parameters() const { return {&weight, &bias}; }
  int64_t macs_per_number(std::span<const Shape>) const { return weight.shape[1] * weight.shape[2] * weight.shape[3]; }
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  void take_trained(const TrainedValues& values);
  bool operator==(const Convolution&) const = default;
};

}  // namespace flashcell::quant
