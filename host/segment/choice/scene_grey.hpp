#pragma once
#include <algorithm>
#include <array>
#include <span>

#include "host/label/bit_image.hpp"
#include "host/segment/background_image.hpp"
#include "host/segment/otsu_threshold.hpp"
#include "pipeline/frame.hpp"

namespace flashcell::host {

/// The grey levels of the sampled frames inside the region of interest, in 256 bins, and what of them moves.
struct SceneGrey {
  bool deep = false;         ///< 16 bits
  int first = 0, shift = 0;  ///< bin = (grey - first) >> shift
  Histogram all{};           ///< pixels of every second row and column
  double noise = 0;          ///< standard deviation of a pixel that shows the scene, grey levels
  /// Of pixels that differ from the scene by more than its noise: number, and sum of the differences, brighter and
  /// darker.
  double bright_pixels = 0, dark_pixels = 0, bright_contrast = 0, dark_contrast = 0;
  std::array<double, 257> bright_explained{}, dark_explained{};  ///< by bin t: part of it that t parts from the scene
  std::array<double, 256> still{};                               ///< pixels that do not differ

  int bin(int grey) const { return (grey - first) >> shift; }
  int level(int bin) const { return first + (bin << shift); }
  double squares = 0;  ///< sum of the squared differences of what moves
  /// How far what moves is from the scene, grey levels; what stands out most weighs most. 0 where nothing moves.
  double contrast() const {
    const double sum = bright_contrast + dark_contrast;
    return sum > 0 ? squares / sum : 0;
  }
  double moving() const { return bright_pixels + dark_pixels; }
  double least_moving = 0;  ///< grey levels: compression and dithering move less
  /// 0..1, how far what moves is more than compression at its worst.
  double motion_trust() const { return std::clamp((contrast() / least_moving - 1.5) / 1.5, 0.0, 1.0); }
};

SceneGrey measure_grey(std::span<const FrameView> grey, const BackgroundImage& scene, const BitImage& region);

}  // namespace flashcell::host
