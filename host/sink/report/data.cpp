#include "host/sink/report/data.hpp"

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "host/sink/frame_picture.hpp"

namespace flashcell::host {
namespace {

// Every second point goes, until there are at most `most`.
void thin_path(TrackStory& track, size_t most) {
  while (track.path.size() > most) {
    for (size_t i = 0; 2 * i < track.path.size(); ++i) track.path[i] = track.path[2 * i];
    track.path.resize((track.path.size() + 1) / 2);
    track.path_stride *= 2;
  }
}

}  // namespace

void ReportData::extend_path(TrackStory& track, const PathPoint& point) {
  if (track.rows % track.path_stride != 0) return;
  const size_t before = track.path.size();
  track.path.push_back(point);
  thin_path(track, path_points_);
  points_ = points_ - before + track.path.size();
  if (points_ <= kMostPoints || path_points_ <= kFewestPathPoints) return;
  path_points_ /= 2;
  points_ = 0;
  for (auto& entry : tracks_) {
    thin_path(entry.second, path_points_);
    points_ += entry.second.path.size();
  }
}

TrackStory* ReportData::story_of(const tracking::TrackRow& row) {
  highest_id_ = std::max(highest_id_, row.id);
  const auto at = tracks_.find(row.id);
  if (at != tracks_.end()) return &at->second;
  if (tracks_.size() >= kMostTracks) return nullptr;
  TrackStory& track = tracks_[row.id];
  track.id = row.id;
  track.first_frame = row.frame;
  return &track;
}

void ReportData::add_sighting(const tracking::TrackRow& row, const RowInUnit& scaled, TrackStory* track) {
  positions_.add(row.x, row.y);
  if (scaled.is_known()) speeds_.add(scaled.speed);
  // Inside a blob with others a place is the tracker's estimate.
  if (scaled.is_known() && row.state == tracking::TrackState::visible)
    displacement_.add(row.id, row.frame, scaled.x, scaled.y);
  if (track == nullptr) return;
  if (track->seen > 0 && row.frame > track->last_seen_ + 1) {
    ++track->gaps;
    gaps_.add(row.frame - track->last_seen_ - 1);
  }
  track->last_seen_ = row.frame;
  ++track->seen;
  track->merged += row.state == tracking::TrackState::merged ? 1 : 0;
  if (!scaled.is_known()) return;
  ++track->measured;
  track->area_sum += scaled.area;
  track->max_speed = std::max(track->max_speed, scaled.speed);
}

/// Boyer and Moore's vote: a step beyond a region's edge does not decide, and nothing is kept of each region.
void ReportData::vote_for_region(int32_t region, TrackStory& track) {
  if (track.region_votes_ == 0) track.region = region;
  track.region_votes_ += track.region == region ? 1 : -1;
}

void ReportData::add_row(const AssembledRow& assembled) {
  const tracking::TrackRow& row = assembled.row;
  const RowInUnit scaled = in_unit(run_, row);
  TrackStory* track = story_of(row);
  if (row.state != tracking::TrackState::predicted) add_sighting(row, scaled, track);
  if (track == nullptr) return;
  if (scaled.is_known()) {
    const double step = std::hypot(scaled.x - track->unit_x_, scaled.y - track->unit_y_);
    if (std::isfinite(step)) track->distance += step;
    track->unit_x_ = scaled.x;
    track->unit_y_ = scaled.y;
  }
  track->x = row.x;
  track->y = row.y;
  extend_path(*track, {row.frame, static_cast<float>(row.x), static_cast<float>(row.y), static_cast<float>(scaled.x),
                       static_cast<float>(scaled.y), static_cast<float>(scaled.speed)});
  track->last_frame = row.frame;
  ++track->rows;
  track->states.add(row.frame, row.state);
  if (!run_.actions.empty()) track->actions.add(row.frame, assembled.action);
  vote_for_region(assembled.region, *track);
  track->class_id = row.class_id;
  track->class_confidence = row.class_confidence;
  track->colour_class = row.colour_class;
  track->least_id_confidence = std::min(track->least_id_confidence, row.id_confidence);
}

void ReportData::close_frames_before(int64_t frame) {
  while (!open_frames_.empty() && open_frames_.front() < frame) {
    followed_.add(open_frames_.front(), static_cast<double>(std::exchange(rows_in_frame_, 0)));
    open_frames_.pop_front();
  }
}

void ReportData::keep_picture(const Frame& frame) {
  to_picture(frame.view, run_.source.significant_bits, picture_);
  const int side = std::max(picture_.cols, picture_.rows);
  if (side <= kPictureSide) return;
  const double scale = static_cast<double>(kPictureSide) / side;
  cv::Mat smaller;
  cv::resize(picture_, smaller, {}, scale, scale, cv::INTER_AREA);
  picture_ = smaller;
}

void ReportData::add(const FrameResult& result) {
  const int64_t number = result.frame->number;
  if (frames_ == 0) {
    first_frame_ = number;
    positions_ = PositionMap(result.frame->view.width, result.frame->view.height);
    keep_picture(*result.frame);
  }
  last_frame_ = number;
  ++frames_;
  open_frames_.push_back(number);
  objects_.add(number, static_cast<double>(result.table->objects.size()));
  const int64_t latency_ns = result.done_ns - result.frame->arrival_ns;
  latency_.record(latency_ns);
  latency_over_time_.add(number, static_cast<double>(latency_ns));
}

void ReportData::add_rows(std::span<const AssembledRow> rows) {
  for (const AssembledRow& assembled : rows) {
    close_frames_before(assembled.row.frame);
    ++rows_in_frame_;
    if (!run_.actions.empty()) action_spans_.add(assembled, [this](const ActionSpan& span) { count_action(span); });
    add_row(assembled);
  }
}

void ReportData::count_action(const ActionSpan& span) {
  ActionTotal& total = action_totals_[static_cast<size_t>(span.action)];
  ++total.spans;
  total.rows += span.rows;
  total.seconds += span.end_s - span.begin_s;
  total.confidence_sum += span.confidence_sum;
}

void ReportData::finish() {
  action_spans_.finish([this](const ActionSpan& span) { count_action(span); });
  close_frames_before(last_frame_ + 1);
}

int64_t ReportData::typical_frames() const {
  std::vector<std::pair<int64_t, uint64_t>> lengths;
  uint64_t all = 0;
  for (const auto& [id, track] : tracks_) {
    lengths.emplace_back(track.frames(), track.seen);
    all += track.seen;
  }
  std::sort(lengths.rbegin(), lengths.rend());
  uint64_t so_far = 0;
  for (const auto& [frames, seen] : lengths) {
    so_far += seen;
    if (2 * so_far >= all) return frames;
  }
  return 0;
}

}  // namespace flashcell::host
