#pragma once
#include <stddef.h>
#include <stdint.h>

namespace flashcell::host::inference {

/// A matrix of stored bytes in any tensor: the second factor of a product.
struct Matrix {
  const uint8_t* first;
  ptrdiff_t row, column;  ///< bytes from one to the next
  int rows, columns;
  int zero;  ///< the stored zero point, which is subtracted
};

/// Writes it as a convolution of one pixel reads its weights (prepack.hpp; rows are its steps), and each column's sum,
/// up to a whole block of 16 channels.
using PackMatrix = void (*)(const Matrix& matrix, void* packed, int32_t* sums);

}  // namespace flashcell::host::inference
