#pragma once
#include <stdint.h>

namespace flashcell {
namespace kernels {

/// Where a stage is: counts like nested loops over frames, classes, rows and columns, one step a clock. One flat loop
/// keeps a pipeline full from row to row and from frame to frame.
struct Raster {
  uint32_t column = 0, row = 0, class_id = 0, frame = 0;

  void step(uint32_t columns, uint32_t rows, uint32_t classes) {
    if (++column < columns) return;
    column = 0;
    if (++row < rows) return;
    row = 0;
    if (++class_id < classes) return;
    class_id = 0;
    ++frame;
  }
};

}  // namespace kernels
}  // namespace flashcell
