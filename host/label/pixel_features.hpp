#pragma once
#include <bit>
#include <cstdint>

#include "host/label/bit_image.hpp"
#include "host/label/hue_histogram.hpp"
#include "host/label/run_table.hpp"
#include "kernels_hls/contract/object.hpp"
#include "pipeline/frame.hpp"
#include "pipeline/object_table.hpp"

// Hue and intensity features, from the frame's pixels under the mask. Both functions add to entry record_of[…] of
// objects.objects (the peak) and objects.features (all else) and leave out what has kNoRecord (host/label/finish.hpp).
namespace flashcell::host {

struct PixelFeatures {
  explicit PixelFeatures(const contract::LabelParameters& parameters)
      : hue((parameters.features & contract::kFeatureHue) != 0),
        intensity((parameters.features & contract::kFeatureIntensity) != 0),
        tables(parameters.saturation_floor, parameters.value_floor) {}

  bool any() const { return hue || intensity; }

  bool hue, intensity;  ///< what is wanted
  HueTables tables;
};

/// `features` says which are wanted. record_of: by object of `table`. order: the numbers of all its runs, each object's
/// side by side (RunsByObject).
void add_pixels_of_runs(const PixelFeatures& features, const BitImage& mask, const FrameView& pixels,
                        const RunTable& table, const uint32_t* order, const uint32_t* record_of, ObjectTable& objects);

/// record_of: by cell, row*columns + column; read where `occupied` is set. Hues of cells: host/label/hue_histogram.hpp.
void add_intensity_of_cells(const BitImage& mask, const FrameView& pixels, const BitImage& occupied,
                            const uint32_t* record_of, ObjectTable& objects);

/// Calls found(x, n) for the foreground pixels of a row in columns begin .. end-1: n <= 64 of them from column x on, in
/// order.
template <class Found>
void for_each_stretch(const uint64_t* row, int begin, int end, Found found) {
  for (int x = begin; x < end;) {
    const uint64_t here = row[x >> 6] >> (x & 63);
    if (here == 0) {
      x = (x | 63) + 1;
      continue;
    }
    const int skip = std::countr_zero(here);
    x += skip;
    const int n = std::countr_one(here >> skip);
    if (x < end) found(x, x + n < end ? n : end - x);
    x += n;
  }
}

}  // namespace flashcell::host
