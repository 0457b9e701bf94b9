#pragma once
#include <cstdint>
#include <span>

#include "host/cnn/resample/resampler.hpp"
#include "kernels_hls/contract/object.hpp"

namespace flashcell::host {

/// How an object becomes a picture for a classifier. The defaults make what MNIST's authors made of their digits: 20 of
/// 28 pixels for the longer side, the centroid in the middle (LeCun et al., Proc. IEEE 86(11), 1998).
struct CropParameters {
  enum class Centre : uint8_t { box, centroid };

  double margin = 0.2;  ///< on every side, as a share of the box, 0..1
  Centre centre = Centre::centroid;
  bool invert = false;   ///< 255 - grey: dark objects look bright
  bool stretch = false;  ///< each picture's darkest value becomes 0, its brightest 255
  bool mask = false;     ///< what lies outside of the object's box becomes 0 (after the two above)

  bool operator==(const CropParameters&) const = default;
};

/// Part of a frame around an object, in the picture's proportions: the box with its margin just fits. Whole pixels, the
/// middle rounded to half a pixel.
cnn::Region region_around(const contract::ObjectRecord& object, const CropParameters& parameters, int width,
                          int height);

/// Cuts objects out of frames as small pictures: what a classifier sees, and what its training data is made of.
/// The same bytes on every machine. Allocates nothing once it has seen the largest object.
class RoiCropper {
 public:
  RoiCropper(cnn::Resampler resampler, const CropParameters& parameters)
      : resampler_(std::move(resampler)), parameters_(parameters) {}

  const cnn::Resampler& resampler() const { return resampler_; }

  /// `picture` takes resampler().bytes() bytes: rows from the top, channels fastest.
  void crop(const FrameView& frame, const contract::ObjectRecord& object, uint8_t* picture);

 private:
  cnn::Resampler resampler_;
  CropParameters parameters_;
};

}  // namespace flashcell::host
