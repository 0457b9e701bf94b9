#pragma once
#include <array>

#include "quant_models/layers/aspects.hpp"
#include "quant_models/layers/window.hpp"

namespace flashcell::quant {

enum class PoolKind { max, average };

/// The largest number, or the mean, of each window of a channel.
struct Pool {
  PoolKind kind = PoolKind::max;
  std::array<int, 2> kernel = {2, 2};  ///< rows, columns
  Stride stride = {2, 2};
  Padding padding = {};
  bool count_padding = false;  ///< average only: padding counts as zeros

  std::string describe() const;
  Shape infer_shape(std::span<const Shape> in) const;
  Step make_step(const Shape& out, std::span<const Shape> in) const;
  static OnnxOperators onnx_operators();
  void write_onnx(OnnxWriter& file) const;
  void lower(Lowering& engine) const;
  bool only_moves() const { return kind == PoolKind::max; }
  TorchOperation make_torch_operation(TorchParameters& parameters) const;
  bool operator==(const Pool&) const = default;
};

/// One window of a pool: rows y0..y1-1, columns x0..x1-1 of a plane of an image; a mean is over `count` numbers.
float pool_window(PoolKind kind, const float* plane, int64_t columns, int64_t y0, int64_t y1, int64_t x0, int64_t x1,
                  int64_t count);

}  // namespace flashcell::quant
