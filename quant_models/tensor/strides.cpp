#include "quant_models/tensor/strides.hpp"

namespace flashcell::quant {

AxisView::AxisView(const Shape& shape, size_t axis) : extent(shape[axis]) {
  for (size_t i = 0; i < axis; ++i) outer *= shape[i];
  for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
}

std::vector<int64_t> strides_of(const Shape& shape) {
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

}  // namespace flashcell::quant
