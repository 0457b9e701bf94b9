#pragma once
#include <cstdint>

namespace flashcell {

/// How an object becomes a picture for a namer that is a classifier. The defaults make what MNIST's authors made of
/// their digits: 20 of 28 pixels for the longer side, the centroid in the middle (LeCun et al., Proc. IEEE 86(11),
/// 1998).
struct CropParameters {
  enum class Centre : uint8_t { box, centroid };

  double margin = 0.2;  ///< on every side, as a share of the box, 0..1
  Centre centre = Centre::centroid;
  bool invert = false;   ///< 255 - grey: dark objects look bright
  bool stretch = false;  ///< each picture's darkest value becomes 0, its brightest 255
  bool mask = false;     ///< what lies outside of the object's box becomes 0 (after the two above)

  bool operator==(const CropParameters&) const = default;
};

}  // namespace flashcell
