#pragma once
#include <memory>
#include <span>

#include "tracking/frame_tracker.hpp"
#include "tracking/object_count.hpp"
#include "tracking/region_map.hpp"

namespace flashcell::tracking {

enum class MotionModel : uint8_t { constant_velocity, constant_acceleration };

/// Which rows of an object that is not seen are given out.
enum class PredictedRows : uint8_t {
  none,
  gaps,  ///< between two sightings that agree, once the second is there: Tracker::backfill()
  all,   ///< these, and for TrackerParameters::predict_ms what the motion model says of a lost one
};

/// Every parameter of the tracker; the configuration file's [track] section mirrors it. Times in ms of recording time.
struct TrackerParameters {
  MotionModel motion = MotionModel::constant_velocity;
  double confirm_ms = 0;  ///< a track gets its public id once it has been followed this long; 0: at its second sighting
  double lost_ms = 100;   ///< a track not seen for longer ends
  double max_speed = 0;   ///< px/s, hard gate on the displacement; 0: from the object's size and the motion model alone
  double gate = 0;        ///< Mahalanobis gate (chi-square, 2 degrees of freedom); 0: default
  double measurement_noise = 0.15;  ///< px, standard deviation of a centroid
  double process_noise = 0;         ///< px/s^2 (velocity model) or px/s^3; 0: from object size and frame rate
  double weight_position = 1, weight_shape = 1, weight_hlac = 1, weight_hue = 1;  ///< in the cost; 0 leaves a cue out
  bool resolve_merges = true;  ///< carry tracks through blobs that hold several objects
  PredictedRows predicted = PredictedRows::all;
  double predict_ms = 0;  ///< a lost track's predicted rows are given out this long, unless it has left the field of
                          ///< view or is predicted where another object is seen; 0: its gap is only filled, by
                          ///< backfill(), when it is found again
  Box field;              ///< of view, px: a lost track whose prediction leaves it ends. No width: unknown
  double min_confidence = 0;  ///< detections of less confidence continue tracks but start none
  ObjectCount count;          ///< how many objects there are
  bool keep_count = false;  ///< nothing is linked afterwards: no more ids than objects, a newcomer is one of those lost
  /// Parts of the picture that no object leaves for another one, with their counts, which stand for `count`; null:
  /// none.
  std::shared_ptr<const RegionMap> regions;

  /// Somebody knows how many objects there are: a log of tracklets is kept.
  bool counted() const { return count.known() || regions != nullptr; }
};

struct Tracklet;

/// Follows measured objects: prediction, gated cost, assignment, identity.
class Tracker final : public FrameTracker {
 public:
  /// `fps` frames/s of the recording (> 0): time of a frame without a time stamp. Throws std::invalid_argument.
  Tracker(const TrackerParameters& parameters, double fps);
  ~Tracker() override;
  Tracker(Tracker&&) noexcept;
  Tracker& operator=(Tracker&&) noexcept;

  std::span<const TrackRow> update(int64_t frame, double time_s, std::span<const Detection> detections,
                                   std::span<const ClassBelief> names = {}, BlobPixels* pixels = nullptr) override;

  /// Of the tracks that the last update() confirmed, and the gaps of the tracks it found again, interpolated (state
  /// `predicted`): they reach back at most lost_ms + confirm_ms.
  std::span<const TrackRow> backfill() const override;
  int64_t backfill_frames() const override;

  /// Of each track that got an id, by id - 1; empty where the count is unknown.
  std::span<const Tracklet> tracklets() const;

  /// For a second time over the same frames, before the first update(): by the id that a track then gets, what it is
  /// called (relink()). Nothing else changes.
  void set_names(std::vector<TrackName> names);

  /// Rows that were left out by their names.
  uint64_t rows_left_out() const override;

  NamedSightings named() const override;

  /// Names what it follows by its features: fills class_id and class_confidence of the rows from now on. The recognizer
  /// must outlive the tracker's use of it; nullptr ends recognition. Where update() is given names, they count instead.
  void set_recognizer(const Recognizer* recognizer);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace flashcell::tracking
