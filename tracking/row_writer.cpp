#include "tracking/row_writer.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::tracking {
namespace {

/// Ellipse with the second moments of `detection`: full axes and the major one's angle.
void fill_ellipse(const Detection& detection, TrackRow& row) {
  const double half_sum = (detection.cov_xx + detection.cov_yy) / 2;
  const double half_difference = (detection.cov_xx - detection.cov_yy) / 2;
  const double root = std::sqrt(half_difference * half_difference + detection.cov_xy * detection.cov_xy);
  row.major_axis = 4 * std::sqrt(std::max(0.0, half_sum + root));
  row.minor_axis = 4 * std::sqrt(std::max(0.0, half_sum - root));
  if (root > 0) row.orientation = std::atan2(detection.cov_xy, half_difference) / 2;
}

TrackRow make_row(int64_t frame, const Track& track, const Observations& view) {
  TrackRow row;
  row.frame = frame;
  row.id = track.id;
  row.detection = track.detection;
  row.vx = track.x.speed();
  row.vy = track.y.speed();
  row.colour_class = track.appearance.look().colour_class;
  row.class_id = track.belief.best;
  row.class_confidence = track.belief.confidence;
  if (track.match == Match::predicted || track.match == Match::regained) {
    const Detection& detection = view.detections[track.detection];
    row.state = TrackState::visible;
    row.x = detection.x;
    row.y = detection.y;
    row.box = detection.box;
    row.area = detection.area;
    if (detection.has_shape) fill_ellipse(detection, row);
    return row;
  }
  row.state = track.match == Match::merged ? TrackState::merged : TrackState::predicted;
  row.x = track.x.position();
  row.y = track.y.position();
  row.box = box_at(row.x, row.y, track.reach);
  row.area = track.area();
  row.orientation = track.last_row.orientation;
  row.major_axis = track.last_row.major_axis;
  row.minor_axis = track.last_row.minor_axis;
  return row;
}

double mix(double a, double b, double share) {
  return a + share * (b - a);
}

/// Between two rows of a track; what does not mix is the earlier one's, but for the id, which that may lack yet.
TrackRow interpolate(const TrackRow& a, const TrackRow& b, int64_t frame) {
  const double share = static_cast<double>(frame - a.frame) / static_cast<double>(b.frame - a.frame);
  TrackRow row = a;
  row.frame = frame;
  row.id = b.id;
  row.state = TrackState::predicted;
  row.detection = -1;
  row.x = mix(a.x, b.x, share);
  row.y = mix(a.y, b.y, share);
  row.vx = mix(a.vx, b.vx, share);
  row.vy = mix(a.vy, b.vy, share);
  row.box = {mix(a.box.left, b.box.left, share), mix(a.box.top, b.box.top, share), mix(a.box.width, b.box.width, share),
             mix(a.box.height, b.box.height, share)};
  row.area = mix(a.area, b.area, share);
  return row;
}

/// By frame, then id. Tracks begin in the order of their ids, mostly, and rows are large: often nothing is to be moved.
void sort_rows(std::vector<TrackRow>& rows) {
  const auto before = [](const TrackRow& a, const TrackRow& b) {
    return a.frame != b.frame ? a.frame < b.frame : a.id < b.id;
  };
  if (!std::is_sorted(rows.begin(), rows.end(), before)) std::sort(rows.begin(), rows.end(), before);
}

}  // namespace

void RowWriter::remember_frame(int64_t frame, double time) {
  frames_.push_back(frame);
  times_.push_back(time);
  // Forget in large steps, so that it costs nothing a frame.
  const double oldest = time - parameters_.lost_ms / 1000;
  const size_t past = std::lower_bound(times_.begin(), times_.end(), oldest) - times_.begin();
  // Three frames more: the gap starts before the time that a track may be lost.
  if (past > 3 && past - 3 > times_.size() / 2) {
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<ptrdiff_t>(past) - 3);
    times_.erase(times_.begin(), times_.begin() + static_cast<ptrdiff_t>(past) - 3);
  }
}

void RowWriter::confirm(Track& track, double time) {
  if (track.id != 0 || track.sightings < 2 || time - track.first_time < parameters_.confirm_ms / 1000) return;
  track.id = next_id_++;
  for (TrackRow& row : track.pending) {
    row.id = track.id;
    backfill_.push_back(row);
  }
  track.pending.clear();
}

void RowWriter::fill_gap(Track& track, const TrackRow& row) {
  const auto first = std::upper_bound(frames_.begin(), frames_.end(), track.last_row.frame);
  for (auto frame = first; frame != frames_.end() && *frame < row.frame; ++frame) {
    const TrackRow filled = interpolate(track.last_row, row, *frame);
    (track.id != 0 ? backfill_ : track.pending).push_back(filled);
  }
}

void RowWriter::write(int64_t frame, double time, std::vector<Track>& tracks, std::span<const int32_t> alive,
                      const Observations& view) {
  rows_.clear();
  backfill_.clear();
  remember_frame(frame, time);
  for (int32_t index : alive) {
    Track& track = tracks[index];
    if (track.seen()) confirm(track, time);
    const bool predicted = !track.seen();
    if (predicted && (track.id == 0 || time - track.last_time > parameters_.predict_ms / 1000)) continue;
    const TrackRow row = make_row(frame, track, view);
    const bool new_track = track.last_row.box.width == 0;
    if (!predicted && !new_track) fill_gap(track, row);
    track.last_row = row;
    (track.id != 0 ? rows_ : track.pending).push_back(row);
  }
  sort_rows(rows_);
  sort_rows(backfill_);
}

}  // namespace flashcell::tracking
