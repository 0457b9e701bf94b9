#pragma once
#include <algorithm>
#include <span>
#include <vector>

#include "tracking/box_association.hpp"
#include "tracking/box_tracker.hpp"

namespace flashcell::tracking {

/// Keeps the tracks' histories and turns them into rows: of this frame, and of earlier ones that are known only now or
/// better now.
class BoxRowWriter {
 public:
  explicit BoxRowWriter(const BoxTrackerParameters& parameters);

  /// A new frame.
  void start(int64_t frame, double time);
  /// What became of a track in this frame; `ends`: it is not followed any longer.
  void write(BoxTrack& track, const BoxFrame& view, bool ends);
  /// After the last frame, and then what is left of each track.
  void start_end();
  void finish(BoxTrack& track);
  /// Closes a frame, or the end.
  void sort();

  std::span<const TrackRow> rows() const { return rows_; }
  std::span<const TrackRow> backfill() const { return backfill_; }
  double reach() const { return std::max(lost_, smooth_); }  ///< s that backfill reaches back at most

 private:
  void remember(BoxTrack& track, const BoxFrame& view);
  void add_row(const BoxTrack& track, const BoxSight& sight, const Box& box, std::vector<TrackRow>& late);
  void give_out(BoxTrack& track, double final_until);
  void forget(BoxTrack& track) const;

  double lost_, smooth_, predict_;  ///< s
  bool fill_gaps_;
  int64_t frame_ = 0;
  double time_ = 0;
  std::vector<int64_t> frames_;  ///< numbers of the frames that a gap may reach back to, rising
  std::vector<double> times_;
  std::vector<TrackRow> rows_, backfill_;
  std::vector<TrackRow> gaps_;  ///< backfill, too: rows that are new, until they are sorted in
};

}  // namespace flashcell::tracking
