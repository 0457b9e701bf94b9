#pragma once
#include "quant_models/layers/aspects.hpp"

namespace flashcell::quant {

enum class ActivationKind {
  relu,        ///< max(x, 0)
  clip,        ///< min(max(x, low), high); ReLU6 is 0 .. 6
  leaky_relu,  ///< x < 0 ? slope * x : x
  sigmoid,     ///< 1 / (1 + exp(-x))
  swish,       ///< x * sigmoid(x), also called SiLU
  tanh,
  hard_sigmoid,  ///< min(max(slope * x + offset, 0), 1)
  hard_swish,    ///< x * min(max(x / 6 + 1/2, 0), 1)
  elu,           ///< gain * (x < 0 ? slope * (exp(x) - 1) : x); SELU has a gain
};

/// A function of each number.
struct Activation {
  ActivationKind kind = ActivationKind::relu;
  float low = 0, high = 6;          ///< of clip
  float slope = 0.01F, offset = 0;  ///< of leaky_relu and elu (slope) and hard_sigmoid (both)
  float gain = 1;                   ///< of elu

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  Clamp engine_clamp(const ActivationFormat& format) const;
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const Activation&) const = default;
};

}  // namespace flashcell::quant
