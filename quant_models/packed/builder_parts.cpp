#include "quant_models/packed/builder_parts.hpp"

#include <stdexcept>

namespace flashcell::quant::builder {

using namespace contract;

void refuse(const std::string& name, const char* what) {
  throw std::invalid_argument(name + ": " + what);
}

uint8_t small(const std::string& name, int value) {
  if (value < 0 || value > UINT8_MAX) refuse(name, "a window, stride or padding is outside of 0 to 255");
  return static_cast<uint8_t>(value);
}

LayerDescriptor layer_of(LayerKind kind) {
  LayerDescriptor layer = {};
  layer.kind = kind;
  layer.kernel_height = layer.kernel_width = layer.stride_rows = layer.stride_columns = 1;
  layer.dilation_rows = layer.dilation_columns = 1;
  return layer;
}

void describe_window(const std::string& name, const Window& window, LayerDescriptor& layer) {
  layer.kernel_height = small(name, window.height);
  layer.kernel_width = small(name, window.width);
  layer.stride_rows = small(name, window.stride_rows);
  layer.stride_columns = small(name, window.stride_columns);
  layer.dilation_rows = small(name, window.dilation_rows);
  layer.dilation_columns = small(name, window.dilation_columns);
  layer.pad_top = small(name, window.pad_top);
  layer.pad_left = small(name, window.pad_left);
  layer.pad_bottom = small(name, window.pad_bottom);
  layer.pad_right = small(name, window.pad_right);
}

}  // namespace flashcell::quant::builder
