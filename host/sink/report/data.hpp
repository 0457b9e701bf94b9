#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <opencv2/core.hpp>
#include <span>
#include <vector>

#include "host/sink/action_spans.hpp"
#include "host/sink/report/action_line.hpp"
#include "host/sink/report/displacement.hpp"
#include "host/sink/report/histograms.hpp"
#include "host/sink/report/position_map.hpp"
#include "host/sink/report/run_units.hpp"
#include "host/sink/report/state_line.hpp"
#include "pipeline/bounded_series.hpp"
#include "pipeline/latency_histogram.hpp"
#include "pipeline/sink.hpp"

namespace flashcell::host {

/// A place of a track.
struct PathPoint {
  int64_t frame = 0;
  float x = 0, y = 0;            ///< px
  float unit_x = 0, unit_y = 0;  ///< the run's unit
  float speed = 0;               ///< the run's unit a second
};

/// What the report says of one track; lengths in the run's unit, where nothing else is said.
struct TrackStory {
  uint32_t id = 0;
  int64_t first_frame = 0, last_frame = 0;
  uint64_t rows = 0;
  uint64_t seen = 0;      ///< rows not predicted
  uint64_t merged = 0;    ///< of these, in a blob with others
  uint64_t gaps = 0;      ///< times that it was not seen between two sightings
  double distance = 0;    ///< sum of the steps
  uint64_t measured = 0;  ///< rows seen where the run's map knows lengths
  double area_sum = 0;    ///< over `measured`
  double max_speed = 0;
  double x = 0, y = 0;  ///< px, last
  int class_id = -1, colour_class = 0;
  int32_t region =
      tracking::RegionMap::kNone;  ///< that of more than half of its rows; where there is none, one of its last
  float class_confidence = 0;      ///< 0..1
  float least_id_confidence = 1;   ///< 0.5..1
  std::vector<PathPoint> path;     ///< every path_stride-th row
  uint64_t path_stride = 1;
  StateLine states;
  ActionLine actions;  ///< where the run names them

  double mean_area() const { return measured ? area_sum / static_cast<double>(measured) : 0; }
  int64_t frames() const { return last_frame - first_frame + 1; }
  /// Of the frames from first to last, 0..1.
  double share_seen() const { return static_cast<double>(seen) / static_cast<double>(frames()); }

 private:
  friend class ReportData;
  double unit_x_ = std::numeric_limits<double>::quiet_NaN(), unit_y_ = unit_x_;  // last that is known
  int64_t last_seen_ = 0;
  int64_t region_votes_ = 0;  // for `region`, less those for others
};

/// What tracks did of one action.
struct ActionTotal {
  uint64_t spans = 0, rows = 0;
  double seconds = 0, confidence_sum = 0;  ///< over the spans, from first to last frame; over the rows
};

/// Collects what the report shows, from the rows as the files have them, in memory that does not grow with the length
/// of the run: at most kMostTracks tracks, whose paths have at most kMostPoints points together (the more tracks, the
/// fewer for each), and series, maps and histograms of fixed length. Some 60 MB at most.
class ReportData {
 public:
  static constexpr size_t kMostTracks = 20000;
  static constexpr size_t kMostPoints = 600000;
  static constexpr size_t kMostPathPoints = 4096;  ///< of one track
  static constexpr size_t kFewestPathPoints = 16;  ///< of one track; kMostTracks of them still fit
  static constexpr int kPictureSide = 1280;        ///< px, longest side of the picture

  explicit ReportData(const RunInfo& run) : run_(run), action_spans_(run.fps), action_totals_(run.actions.size()) {}

  /// A frame, and rows that are final: as a sink gets them.
  void add(const FrameResult& result);
  void add_rows(std::span<const AssembledRow> rows);
  /// After the last row.
  void finish();

  const std::map<uint32_t, TrackStory>& tracks() const { return tracks_; }
  /// Tracks beyond kMostTracks (ids have no gaps).
  uint64_t untold_tracks() const { return std::max<uint64_t>(highest_id_, tracks_.size()) - tracks_.size(); }
  uint64_t all_tracks() const { return tracks_.size() + untold_tracks(); }
  const BoundedSeries& objects() const { return objects_; }                      ///< in each frame
  const BoundedSeries& followed() const { return followed_; }                    ///< rows of each frame
  const BoundedSeries& latency_over_time() const { return latency_over_time_; }  ///< ns, frame arrival to result
  const LatencyHistogram& latency() const { return latency_; }
  const GrowingHistogram& speeds() const { return speeds_; }                     ///< run's unit/s, of every row seen
  const MeanSquaredDisplacement& displacement() const { return displacement_; }  ///< run's unit, places measured alone
  const PositionMap& positions() const { return positions_; }                    ///< of every row seen
  const LengthHistogram& gaps() const { return gaps_; }  ///< frames between two sightings of a track
  const std::vector<ActionTotal>& action_totals() const { return action_totals_; }  ///< by RunInfo::actions
  const cv::Mat& picture() const { return picture_; }  ///< the first frame, BGR; empty without frames
  int64_t first_frame() const { return first_frame_; }
  int64_t last_frame() const { return last_frame_; }
  uint64_t frames() const { return frames_; }
  /// Half of all sightings are of tracks that lasted so many frames or longer.
  int64_t typical_frames() const;

 private:
  void keep_picture(const Frame& frame);
  static void vote_for_region(int32_t region, TrackStory& track);
  void add_row(const AssembledRow& assembled);
  void add_sighting(const tracking::TrackRow& row, const RowInUnit& scaled, TrackStory* track);
  TrackStory* story_of(const tracking::TrackRow& row);
  void extend_path(TrackStory& track, const PathPoint& point);
  void close_frames_before(int64_t frame);
  void count_action(const ActionSpan& span);

  RunInfo run_;
  std::map<uint32_t, TrackStory> tracks_;
  uint32_t highest_id_ = 0;
  size_t points_ = 0, path_points_ = kMostPathPoints;  // of all tracks; at most of one
  BoundedSeries objects_, followed_, latency_over_time_;
  std::deque<int64_t> open_frames_;  // whose rows are still to come; as many as rows come late
  uint64_t rows_in_frame_ = 0;       // of the first of them
  LatencyHistogram latency_;
  GrowingHistogram speeds_;
  MeanSquaredDisplacement displacement_;
  PositionMap positions_;
  LengthHistogram gaps_;
  ActionSpans action_spans_;
  std::vector<ActionTotal> action_totals_;
  cv::Mat picture_;
  int64_t first_frame_ = 0, last_frame_ = 0;
  uint64_t frames_ = 0;
};

}  // namespace flashcell::host
