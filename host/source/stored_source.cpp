#include "host/source/stored_source.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"

namespace flashcell::host {

StoredSource::StoredSource(std::unique_ptr<FileReader> file, FrameLayout layout, const SourceOptions& options)
    : file_(std::move(file)), layout_(std::move(layout)) {
  std::vector<FramePlace>& frames = layout_.frames;
  const auto first = std::lower_bound(frames.begin(), frames.end(), options.start_frame,
                                      [](const FramePlace& place, int64_t number) { return place.number < number; });
  if (first == frames.end() && !frames.empty()) {
    throw Error(Fault::usage, fmt::format("{}: the start frame {} is beyond the last, {}", layout_.info.name,
                                          options.start_frame, frames.back().number));
  }
  position_ = static_cast<size_t>(first - frames.begin());
  end_ = frames.size();
  if (options.frame_limit && static_cast<uint64_t>(std::max<int64_t>(*options.frame_limit, 0)) <= end_ - position_) {
    end_ = position_ + static_cast<size_t>(std::max<int64_t>(*options.frame_limit, 0));
    limited_ = true;
  }
  layout_.info.frame_count = static_cast<int64_t>(end_ - position_);
  layout_.info.random_access = true;
  if (options.fps > 0) {
    layout_.info.fps = options.fps;
    for (FramePlace& place : frames) place.device_time_ns.reset();
  }
}

bool StoredSource::next(Frame& frame) {
  if (position_ < end_) {
    const FramePlace& place = layout_.frames[position_];
    if (!read_frame(layout_, *file_, position_, stored_, frame)) {
      end_ = position_;
      layout_.damage = fmt::format(
          "{}: became shorter while it was read: frame {} at byte {} and what follows are gone; copy it again",
          layout_.info.name, place.number, place.offset);
      limited_ = false;
      throw Error(Fault::input, layout_.damage);
    }
    ++position_;
    return true;
  }
  if (!limited_ && !layout_.damage.empty()) throw Error(Fault::input, layout_.damage);
  return false;
}

}  // namespace flashcell::host
