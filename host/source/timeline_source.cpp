#include "host/source/timeline_source.hpp"

namespace flashcell::host {

TimelineSource::TimelineSource(const SourceInfo& info) : info_(info) {
  info_.has_pixels = false;
}

bool TimelineSource::next(Frame& frame) {
  if (position_ >= info_.frame_count.value_or(0)) return false;
  frame.view = {nullptr, info_.width, info_.height, 0, info_.format};
  frame.number = position_++;
  frame.device_time_ns.reset();
  return true;
}

}  // namespace flashcell::host
