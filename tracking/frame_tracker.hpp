#pragma once
#include <cstdint>
#include <span>

#include "tracking/blob_pixels.hpp"
#include "tracking/recognition.hpp"
#include "tracking/track_row.hpp"

namespace flashcell::tracking {

/// What follows objects from frame to frame: Tracker, of measured objects, and BoxTracker, of a detector's boxes.
/// Deterministic; no threads, no clock of its own.
class FrameTracker {
 public:
  virtual ~FrameTracker() = default;

  /// Takes frame `frame`'s detections; frames must rise, a gap is a drop (the prediction spans it). `time_s`: recording
  /// time, s. Rows of this frame, sorted by id; valid until the next call. Throws std::invalid_argument, the state
  /// unchanged, when the frame or the time does not rise or a detection has a value that is not finite or an area or
  /// box side that is not above 0, or `names` are of another number.
  /// `names`: what a classifier says of each detection, or empty; fused over a track's life as a recognizer's evidence
  /// is. Those of 0 classes say nothing.
  /// `pixels`: of the detections, asked for those that hold several objects; used in this call only. May be null.
  virtual std::span<const TrackRow> update(int64_t frame, double time_s, std::span<const Detection> detections,
                                           std::span<const ClassBelief> names, BlobPixels* pixels) = 0;

  /// Rows of earlier frames that the last update() made known, sorted by frame, then id. An offline run inserts them;
  /// one of a frame and id that were given out before replaces what was given. Valid until the next call.
  virtual std::span<const TrackRow> backfill() const = 0;

  /// Frame numbers that backfill() and finish() reach back at most.
  virtual int64_t backfill_frames() const = 0;

  /// Rows that were left out on purpose, because they are of no object that was to be followed.
  virtual uint64_t rows_left_out() const { return 0; }

  /// What was named so far, of tracks that got an id: alone and whole, as far as that is known.
  virtual NamedSightings named() const { return {}; }

  /// At the end of an offline run: rows as of backfill() that would have come with later frames.
  virtual std::span<const TrackRow> finish() { return {}; }
};

}  // namespace flashcell::tracking
