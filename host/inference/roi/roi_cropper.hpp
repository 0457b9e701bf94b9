#pragma once
#include <cstdint>
#include <utility>

#include "host/inference/resample/resampler.hpp"
#include "kernels_hls/contract/object.hpp"
#include "pipeline/crop_parameters.hpp"

namespace flashcell::host {

/// Part of a frame around an object, in the picture's proportions: the box with its margin just fits. Whole pixels, the
/// middle rounded to half a pixel.
inference::Region region_around(const contract::ObjectRecord& object, const CropParameters& parameters, int width,
                                int height);

/// Cuts objects out of frames as small pictures: what a classifier sees, and what its training data is made of.
/// The same bytes on every machine. Allocates nothing once it has seen the largest object.
class RoiCropper {
 public:
  RoiCropper(inference::Resampler resampler, const CropParameters& parameters)
      : resampler_(std::move(resampler)), parameters_(parameters) {}

  inference::Resampler& resampler() { return resampler_; }

  /// `picture` takes resampler().bytes() bytes: rows from the top, channels fastest.
  void crop(const FrameView& frame, const contract::ObjectRecord& object, uint8_t* picture);

  /// Has the object's rows fetched into the cache, for a crop some microseconds later.
  static void prefetch(const FrameView& frame, const contract::ObjectRecord& object);

 private:
  inference::Resampler resampler_;
  CropParameters parameters_;
};

}  // namespace flashcell::host
