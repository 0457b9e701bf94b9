#include "quant_models/layers/onnx_window.hpp"

#include <algorithm>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr int64_t kMostPixels = 1 << 20;  // of a kernel, stride or padding

// Border for one dimension under auto_pad SAME: the output has ceil(extent / stride) windows.
std::array<int, 2> same_border(int64_t extent, int kernel, int stride, bool upper) {
  if (stride < 1) throw ModelError("its stride is below 1");
  const int64_t windows = (extent + stride - 1) / stride;
  const int all = checked_int(std::max<int64_t>(0, (windows - 1) * stride + kernel - extent), "padding");
  return upper ? std::array{all / 2, all - all / 2} : std::array{all - all / 2, all / 2};
}

}  // namespace

int checked_int(int64_t value, const char* what) {
  if (value < 0 || value > kMostPixels)
    throw ModelError(std::string("its ") + what + " " + std::to_string(value) + " is out of range");
  return static_cast<int>(value);
}

bool is_line(OnnxNode& node) {
  const Shape& in = node.shape(0);
  if (in.size() != 3 && in.size() != 4)
    throw ModelError("its input has shape " + to_string(in) +
                     "; only images N x C x H x W and lines N x C x W are supported");
  return in.size() == 3;
}

std::array<int, 2> pair_of(OnnxNode& node, const char* name, int otherwise) {
  const std::vector<int64_t> given = node.integers(name);
  if (given.empty()) return {otherwise, otherwise};
  if (is_line(node) && given.size() == 1) return {1, checked_int(given[0], name)};
  if (given.size() != 2) throw ModelError(std::string("its attribute ") + name + " needs two integers: images only");
  return {checked_int(given[0], name), checked_int(given[1], name)};
}

Padding padding_of(OnnxNode& node, const std::array<int, 2>& kernel, const Stride& stride) {
  const std::string automatic = node.text("auto_pad", "NOTSET");
  const bool line = is_line(node);
  const Shape& in = node.shape(0);
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    const bool upper = automatic == "SAME_UPPER";
    const std::array<int, 2> rows = same_border(line ? 1 : in[2], kernel[0], stride.rows, upper),
                             columns = same_border(in.back(), kernel[1], stride.columns, upper);
    return {rows[0], columns[0], rows[1], columns[1]};
  }
  if (automatic != "NOTSET" && automatic != "VALID")
    throw ModelError("its attribute auto_pad is '" + automatic + "', which is not supported");
  const std::vector<int64_t> pads = node.integers("pads");
  if (pads.empty() || automatic == "VALID") return {};
  if (pads.size() != (line ? 2U : 4U))
    throw ModelError("its attribute pads needs two integers for each of its dimensions");
  if (line) return {0, checked_int(pads[0], "padding"), 0, checked_int(pads[1], "padding")};
  return {checked_int(pads[0], "padding"), checked_int(pads[1], "padding"), checked_int(pads[2], "padding"),
          checked_int(pads[3], "padding")};
}

Stride stride_of(OnnxNode& node) {
  const std::array<int, 2> strides = pair_of(node, "strides", 1);
  return {strides[0], strides[1]};
}

void emit_on_image(OnnxNode& node, Layer layer) {
  if (!is_line(node)) return (void)node.emit(std::move(layer), {node.value(0)});
  const Shape in = node.shape(0);
  const NodeId image = node.helper("image", Reshape{{0, 0, 1, in[2]}}, {node.value(0)});
  const NodeId result = node.helper("row", std::move(layer), {image});
  const Shape out = node.shape_of(result);
  node.emit(Reshape{{0, 0, out[3]}}, {result});
}

}  // namespace flashcell::quant
