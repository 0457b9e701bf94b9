#pragma once
#include <cstdint>
#include <vector>

#include "host/label/bit_image.hpp"
#include "kernels_hls/contract/object.hpp"

namespace flashcell::host {

/// A label for each pixel, width*height in raster order: 0 for background (in connectivity `cell` also for foreground
/// of cells that are not occupied), else 1, 2, … by the object's first_pixel. Plain flood fill, for people who want to
/// look at labels and for tests: it takes longer than measuring the objects does.
class PixelLabels {
 public:
  /// Throws Error(Fault::usage) for parameters out of range. Of them width, height, connectivity and min_cell_pixels
  /// matter.
  explicit PixelLabels(const contract::LabelParameters& parameters);

  /// Labels `mask`, which has the parameters' size. The result stays until the next call.
  const std::vector<uint32_t>& render(const BitImage& mask);

  uint32_t count() const { return count_; }  ///< objects of the last mask

 private:
  void label_pixels(const BitImage& mask);
  void label_cells(const BitImage& mask);

  contract::LabelParameters parameters_;
  std::vector<uint32_t> labels_;
  std::vector<uint32_t> cell_labels_;
  std::vector<uint32_t> stack_;
  uint32_t count_ = 0;
};

}  // namespace flashcell::host
