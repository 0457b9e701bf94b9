#include "quant_models/layers/lowering.hpp"

namespace flashcell::quant {

Window Lowering::window(int rows, int columns, const Stride& stride, const Padding& padding) const {
  if (stride.rows != stride.columns) refuse("its strides differ in the two directions");
  return {rows, columns, stride.rows, padding.top, padding.left, padding.bottom, padding.right};
}

}  // namespace flashcell::quant
