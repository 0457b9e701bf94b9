#include "host/synth/synth_source.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::host {

SynthSource::SynthSource(const SceneParameters& parameters, const std::string& name, int64_t first,
                         std::optional<int64_t> limit)
    : scene_(parameters), position_(first), limit_(limit.value_or(INT64_MAX)) {
  info_.name = name;
  info_.width = parameters.width;
  info_.height = parameters.height;
  info_.format = scene_.format();
  info_.fps = parameters.fps;
  info_.random_access = parameters.dropped <= 0;
  if (info_.random_access) info_.frame_count = std::clamp<int64_t>(parameters.frames - first, 0, limit_);
}

bool SynthSource::next(Frame& frame) {
  const SceneParameters& p = scene_.parameters();
  while (position_ < p.frames && scene_.dropped(position_)) ++position_;
  if (position_ >= p.frames || delivered_ >= limit_) return false;
  const ptrdiff_t stride = static_cast<ptrdiff_t>(p.width) * bytes_per_pixel(info_.format);
  frame.storage.resize(static_cast<size_t>(stride) * p.height);
  scene_.render(position_, frame.storage.data(), stride);
  frame.view = {frame.storage.data(), p.width, p.height, stride, info_.format};
  frame.number = position_;
  frame.device_time_ns = static_cast<int64_t>(std::llround(static_cast<double>(position_) * 1e9 / p.fps));
  ++position_;
  ++delivered_;
  return true;
}

}  // namespace flashcell::host
