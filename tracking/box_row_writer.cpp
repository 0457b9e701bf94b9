#include "tracking/box_row_writer.hpp"

#include <limits>

#include "tracking/box_motion.hpp"

namespace flashcell::tracking {
namespace {

constexpr int64_t kNoFrame = std::numeric_limits<int64_t>::min();
constexpr double kErrorByRoughness = 3;
constexpr double kLeastError = 0.2;  ///< of an ordinary detector's
constexpr size_t kFramesBefore = 3;  ///< a gap starts before the time that a track may be lost

double blend(double a, double b, double share) {
  return a + share * (b - a);
}

Box blend(const Box& a, const Box& b, double share) {
  return {blend(a.left, b.left, share), blend(a.top, b.top, share), blend(a.width, b.width, share),
          blend(a.height, b.height, share)};
}

BoxSight between(const BoxSight& a, const BoxSight& b, int64_t frame, double time) {
  const double share = (time - a.time) / (b.time - a.time);
  return {frame,
          time,
          blend(a.measured, b.measured, share),
          blend(a.estimate, b.estimate, share),
          blend(a.vx, b.vx, share),
          blend(a.vy, b.vy, share),
          -1};
}

/// Standard deviation of a sight's box, px. What shakes from frame to frame is a part of the whole error only, whose
/// rest lasts for longer; boxes that hardly shake are good ones.
double error_of(const BoxSight& sight, const BoxHistory& history) {
  const double most = box_sigma(sight.measured);
  return std::clamp(kErrorByRoughness * history.roughness(), kLeastError * most, most);
}

/// Rows are large, and mostly in order.
void sort_box_rows(std::vector<TrackRow>& rows) {
  const auto before = [](const TrackRow& a, const TrackRow& b) {
    return a.frame != b.frame ? a.frame < b.frame : a.id < b.id;
  };
  if (!std::is_sorted(rows.begin(), rows.end(), before)) std::sort(rows.begin(), rows.end(), before);
}

}  // namespace

BoxRowWriter::BoxRowWriter(const BoxTrackerParameters& parameters)
    : lost_(parameters.lost_ms / 1000),
      smooth_(parameters.smooth_ms / 1000),
      predict_(parameters.predict_ms / 1000),
      fill_gaps_(parameters.fill_gaps) {}

void BoxRowWriter::start(int64_t frame, double time) {
  rows_.clear();
  backfill_.clear();
  frame_ = frame;
  time_ = time;
  frames_.push_back(frame);
  times_.push_back(time);
  // Forget in large steps, so that it costs nothing a frame.
  const size_t past = std::lower_bound(times_.begin(), times_.end(), time - lost_) - times_.begin();
  if (past > kFramesBefore && past - kFramesBefore > times_.size() / 2) {
    const auto count = static_cast<ptrdiff_t>(past - kFramesBefore);
    frames_.erase(frames_.begin(), frames_.begin() + count);
    times_.erase(times_.begin(), times_.begin() + count);
  }
}

/// Adds this frame's sight, and before it those of the frames since the last one.
void BoxRowWriter::remember(BoxTrack& track, const BoxFrame& view) {
  const BoxSight sight{frame_,          time_,          view.boxes[track.detection], track.box(), track.x.speed(),
                       track.y.speed(), track.detection};
  if (track.history.size() > 0) {
    const BoxSight last = track.history.back();
    for (size_t i = std::upper_bound(frames_.begin(), frames_.end(), last.frame) - frames_.begin();
         i < frames_.size() && frames_[i] < frame_; ++i) {
      track.history.push(between(last, sight, frames_[i], times_[i]));
    }
  }
  track.history.push(sight);
}

void BoxRowWriter::add_row(const BoxTrack& track, const BoxSight& sight, const Box& box, std::vector<TrackRow>& late) {
  if (sight.detection < 0 && !fill_gaps_) return;
  TrackRow row;
  row.frame = sight.frame;
  row.id = track.id;
  row.state = sight.detection >= 0 ? TrackState::visible : TrackState::predicted;
  row.detection = sight.detection;
  row.box = box;
  row.x = box.left + box.width / 2;
  row.y = box.top + box.height / 2;
  row.vx = sight.vx;
  row.vy = sight.vy;
  row.area = box.area();
  row.class_id = track.name.belief().best;
  row.class_confidence = track.name.belief().confidence;
  (sight.frame == frame_ ? rows_ : late).push_back(row);
}

/// Rows up to `final_until` for good, those after it for now, where they were not given out yet.
void BoxRowWriter::give_out(BoxTrack& track, double final_until) {
  const BoxHistory& history = track.history;
  const double first = time_ - reach();
  for (; track.final < history.size() && history[track.final].time <= final_until; ++track.final) {
    const BoxSight& sight = history[track.final];
    if (sight.time < first) continue;
    add_row(track, sight, smooth_ > 0 ? history.smooth(track.final, smooth_, error_of(sight, history)) : sight.estimate,
            backfill_);
  }
  for (track.given = std::max(track.given, track.final); track.given < history.size(); ++track.given) {
    const BoxSight& sight = history[track.given];
    if (sight.time >= first) add_row(track, sight, sight.estimate, gaps_);
  }
}

/// What no window and no gap needs any more.
void BoxRowWriter::forget(BoxTrack& track) const {
  double needed = track.history.back().time;
  if (!track.confirmed()) needed = std::min(needed, time_ - reach());
  if (track.final < track.history.size()) needed = std::min(needed, track.history[track.final].time);
  const size_t gone = track.history.forget_before((track.confirmed() ? needed : time_ - reach()) - smooth_);
  track.final -= std::min(track.final, gone);
  track.given -= std::min(track.given, gone);
}

void BoxRowWriter::write(BoxTrack& track, const BoxFrame& view, bool ends) {
  if (track.seen()) remember(track, view);
  if (track.confirmed()) {
    give_out(track, ends ? time_ : time_ - smooth_);
    if (!track.seen() && !ends && time_ - track.last_time <= predict_)
      add_row(track, {frame_, time_, {}, {}, track.x.speed(), track.y.speed(), -1}, track.box(), gaps_);
  }
  forget(track);
}

void BoxRowWriter::start_end() {
  rows_.clear();
  backfill_.clear();
  frame_ = kNoFrame;  // no row is of this frame
}

void BoxRowWriter::finish(BoxTrack& track) {
  if (track.confirmed()) give_out(track, time_);
}

void BoxRowWriter::sort() {
  sort_box_rows(rows_);
  sort_box_rows(backfill_);
  sort_box_rows(gaps_);
  // Of younger frames than what became final.
  backfill_.insert(backfill_.end(), gaps_.begin(), gaps_.end());
  gaps_.clear();
  sort_box_rows(backfill_);
}

}  // namespace flashcell::tracking
