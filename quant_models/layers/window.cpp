#include "quant_models/layers/window.hpp"

#include "quant_models/layers/onnx_writer.hpp"
#include "quant_models/tensor/shape_rules.hpp"

namespace flashcell::quant {
namespace {

int64_t windows(int64_t extent, int64_t before, int64_t after, int64_t kernel, int64_t stride) {
  require_range(kernel, 1, "kernel");
  require_range(stride, 1, "stride");
  require_range(before, 0, "padding");
  require_range(after, 0, "padding");
  const int64_t room = extent + before + after - kernel;
  require(room >= 0, "its kernel of " + std::to_string(kernel) + " is larger than the padded input of " +
                         std::to_string(extent + before + after));
  return room / stride + 1;
}

}  // namespace

int64_t span_of(int64_t taps, int dilation) {
  require_range(taps, 1, "kernel");
  require_range(dilation, 1, "dilation");
  return (taps - 1) * dilation + 1;
}

Shape windowed_shape(const Shape& x, int64_t channels, int64_t rows, int64_t columns, const Stride& stride,
                     const Padding& padding) {
  return {x[0], channels, windows(x[2], padding.top, padding.bottom, rows, stride.rows),
          windows(x[3], padding.left, padding.right, columns, stride.columns)};
}

std::vector<OnnxAttribute> window_attributes(const Stride& stride, const Padding& padding) {
  return {{"strides", Shape{stride.rows, stride.columns}},
          {"pads", Shape{padding.top, padding.left, padding.bottom, padding.right}}};
}

}  // namespace flashcell::quant
