#pragma once
#include <ATen/ATen.h>

#include <algorithm>

#include "quant_models/synthesize/image_source.hpp"

namespace flashcell::quant {

/// The first images of a batch (N x C x H x W) after so many steps.
inline ImageSnapshot snapshot_of(int64_t step, const at::Tensor& images) {
  const at::Tensor first = images.slice(0, 0, std::min(images.size(0), kSnapshotImages)).contiguous();
  return {step, {first.data_ptr<float>(), first.data_ptr<float>() + first.numel()}};
}

}  // namespace flashcell::quant
