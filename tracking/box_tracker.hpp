#pragma once
#include <memory>

#include "tracking/frame_tracker.hpp"
#include "tracking/score_model.hpp"

namespace flashcell::tracking {

/// Every parameter of the tracker of boxes. Times in ms of recording time.
struct BoxTrackerParameters {
  double confirm_ms = 150;      ///< a track gets its public id after sightings of so long in full trust; doubtful ones
                                ///< count less, those below least_trust against it
  double lost_ms = 1000;        ///< a track not seen for longer ends; found again in time, its gap is filled
  double least_trust = 0.8;     ///< trust (ScoreModel) from which a box starts a track; 0..0.99
  double least_overlap = 0.25;  ///< of a box with a track's prediction, 0..1: see box_similarity()
  double smooth_ms = 700;       ///< a box is fitted to those so long before and after (backfill); 0: to those before
  double predict_ms = 0;        ///< a lost track's predicted rows are given out so long
  bool fill_gaps = true;        ///< rows between two sightings of a track are given out; with false, none without a box
  double min_confidence = 0;    ///< a box of a lower score starts no track; 0: its trust alone decides
};

/// Follows the boxes of a detector, that misses objects, sees some twice and some that are not there. Deterministic; no
/// threads, no clock of its own. Allocates nothing once it has seen as many objects for as long.
///
/// Rows of a frame come at once, with the boxes known by then. What is known later replaces them (backfill): boxes
/// smoothed from both sides, up to smooth_ms later; rows before a track was confirmed, and gaps of tracks found again,
/// up to lost_ms later.
class BoxTracker final : public FrameTracker {
 public:
  /// `fps` frames/s of the recording (> 0). Throws std::invalid_argument.
  BoxTracker(const BoxTrackerParameters& parameters, double fps, ScoreModel scores = {});
  ~BoxTracker() override;

  std::span<const TrackRow> update(int64_t frame, double time_s, std::span<const Detection> detections,
                                   std::span<const ClassBelief> names = {}, BlobPixels* pixels = nullptr) override;
  std::span<const TrackRow> backfill() const override;
  int64_t backfill_frames() const override;
  std::span<const TrackRow> finish() override;
  NamedSightings named() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace flashcell::tracking
