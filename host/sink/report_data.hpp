#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <opencv2/core.hpp>
#include <vector>

#include "pipeline/bounded_series.hpp"
#include "pipeline/latency_histogram.hpp"
#include "pipeline/sink.hpp"

namespace flashcell::host {

/// Counts values >= 0 in a fixed number of equally wide bins, whose width doubles whenever a value lies beyond them.
class GrowingHistogram {
 public:
  explicit GrowingHistogram(size_t bins = 64) : counts_(bins) {}
  void add(double value);
  double bin_width() const { return width_; }
  const std::vector<uint64_t>& counts() const { return counts_; }
  uint64_t count() const { return count_; }

 private:
  std::vector<uint64_t> counts_;
  double width_ = 1.0 / 1024;
  uint64_t count_ = 0;
};

/// What the report says of one track.
struct TrackStory {
  uint32_t id = 0;
  int64_t first_frame = 0, last_frame = 0;
  uint64_t rows = 0;
  uint64_t seen = 0;    ///< rows not predicted
  double distance = 0;  ///< px, sum of the steps
  double area_sum = 0;  ///< px, over `seen`
  double x = 0, y = 0;  ///< px, last
  int class_id = -1, colour_class = 0;
  float class_confidence = 0;     ///< 0..1
  std::vector<cv::Point2f> path;  ///< px, every path_stride-th row
  uint64_t path_stride = 1;

  double mean_area() const { return seen ? area_sum / static_cast<double>(seen) : 0; }
};

/// Collects what the report shows, in memory that does not grow with the length of the run: at most kMostTracks tracks,
/// whose paths have at most kMostPoints points together (the more tracks, the fewer for each), and series of fixed
/// length.
class ReportData {
 public:
  static constexpr size_t kMostTracks = 20000;
  static constexpr size_t kMostPoints = 600000;
  static constexpr size_t kMostPathPoints = 4096;  ///< of one track
  static constexpr size_t kFewestPathPoints = 16;  ///< of one track; kMostTracks of them still fit
  static constexpr int kPictureSide = 1280;        ///< px, longest side of the picture

  void add(const FrameResult& result, int significant_bits);

  const std::map<uint32_t, TrackStory>& tracks() const { return tracks_; }
  /// Tracks beyond kMostTracks (ids have no gaps).
  uint64_t untold_tracks() const { return std::max<uint64_t>(highest_id_, tracks_.size()) - tracks_.size(); }
  const BoundedSeries& objects() const { return objects_; }                      ///< in each frame
  const BoundedSeries& followed() const { return followed_; }                    ///< rows of each frame
  const BoundedSeries& latency_over_time() const { return latency_over_time_; }  ///< ns, frame arrival to result
  const LatencyHistogram& latency() const { return latency_; }
  const GrowingHistogram& speeds() const { return speeds_; }  ///< px/s of every row seen
  const cv::Mat& picture() const { return picture_; }         ///< the first frame, BGR; empty without frames
  int64_t first_frame() const { return first_frame_; }
  int64_t last_frame() const { return last_frame_; }
  uint64_t frames() const { return frames_; }

 private:
  void add_row(const tracking::TrackRow& row);
  void extend_path(TrackStory& track);

  std::map<uint32_t, TrackStory> tracks_;
  uint32_t highest_id_ = 0;
  size_t points_ = 0, path_points_ = kMostPathPoints;  // of all tracks; at most of one
  BoundedSeries objects_, followed_, latency_over_time_;
  LatencyHistogram latency_;
  GrowingHistogram speeds_;
  cv::Mat picture_;
  int64_t first_frame_ = 0, last_frame_ = 0;
  uint64_t frames_ = 0;
};

}  // namespace flashcell::host
