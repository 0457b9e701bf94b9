#include "host/sink/report_data.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

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

void GrowingHistogram::add(double value) {
  if (!(value >= 0) || !std::isfinite(value)) return;
  while (value >= width_ * static_cast<double>(counts_.size())) {
    for (size_t i = 0; i < counts_.size(); ++i) {
      counts_[i] = 2 * i < counts_.size() ? counts_[2 * i] + (2 * i + 1 < counts_.size() ? counts_[2 * i + 1] : 0) : 0;
    }
    width_ *= 2;
  }
  ++counts_[static_cast<size_t>(value / width_)];
  ++count_;
}

void ReportData::extend_path(TrackStory& track) {
  if (track.rows % track.path_stride != 0) return;
  const size_t before = track.path.size();
  track.path.push_back({static_cast<float>(track.x), static_cast<float>(track.y)});
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

void ReportData::add_row(const tracking::TrackRow& row) {
  const bool seen = row.state != tracking::TrackState::predicted;
  if (seen) speeds_.add(std::hypot(row.vx, row.vy));
  highest_id_ = std::max(highest_id_, row.id);
  auto at = tracks_.find(row.id);
  if (at == tracks_.end()) {
    if (tracks_.size() >= kMostTracks) return;
    at = tracks_.emplace(row.id, TrackStory{}).first;
    at->second.id = row.id;
    at->second.first_frame = row.frame;
  }
  TrackStory& track = at->second;
  if (track.rows > 0) track.distance += std::hypot(row.x - track.x, row.y - track.y);
  track.x = row.x;
  track.y = row.y;
  extend_path(track);
  track.last_frame = row.frame;
  ++track.rows;
  if (seen) {
    ++track.seen;
    track.area_sum += row.area;
  }
  track.class_id = row.class_id;
  track.class_confidence = row.class_confidence;
  track.colour_class = row.colour_class;
}

void ReportData::add(const FrameResult& result, int significant_bits) {
  const int64_t number = result.frame->number;
  if (frames_ == 0) {
    first_frame_ = number;
    to_picture(result.frame->view, significant_bits, picture_);
    const int side = std::max(picture_.cols, picture_.rows);
    if (side > kPictureSide) {
      const double scale = static_cast<double>(kPictureSide) / side;
      cv::Mat smaller;
      cv::resize(picture_, smaller, {}, scale, scale, cv::INTER_AREA);
      picture_ = smaller;
    }
  }
  last_frame_ = number;
  ++frames_;
  objects_.add(number, static_cast<double>(result.table->objects.size()));
  followed_.add(number, static_cast<double>(result.rows.size()));
  const int64_t latency_ns = result.done_ns - result.frame->arrival_ns;
  latency_.record(latency_ns);
  latency_over_time_.add(number, static_cast<double>(latency_ns));
  for (const tracking::TrackRow& row : result.backfill) add_row(row);
  for (const tracking::TrackRow& row : result.rows) add_row(row);
}

}  // namespace flashcell::host
