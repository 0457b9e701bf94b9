#pragma once
#include <optional>
#include <span>
#include <vector>

#include "host/label/bit_image.hpp"
#include "pipeline/frame.hpp"

namespace flashcell::host {

/// A direction in colour across grey: of blue less luma and of red less luma; its length is 1.
struct ChromaDirection {
  double blue = 0, red = 0;
};

/// The one along which what moves stands out most from the scene, in the region, by the median of these frames, which
/// should be far apart. None where nothing moves in colour.
std::optional<ChromaDirection> direction_of_motion(std::span<const FrameView> colour, const BitImage& region);

/// Colour frames as grey ones: how far a pixel's colour goes along a direction, 128 where it has none.
class ChromaFrames {
 public:
  ChromaFrames(std::span<const FrameView> colour, const ChromaDirection& direction);
  std::span<const FrameView> views() const { return views_; }

 private:
  std::vector<std::vector<uint8_t>> pixels_;
  std::vector<FrameView> views_;
};

}  // namespace flashcell::host
