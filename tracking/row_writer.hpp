#pragma once
#include <span>
#include <utility>
#include <vector>

#include "tracking/association.hpp"
#include "tracking/kept_count.hpp"
#include "tracking/tracklet.hpp"

namespace flashcell::tracking {

/// Confirms tracks and turns them into rows: public ids from 1 without gaps, rows of the frame, rows of earlier frames
/// that are known only now.
class RowWriter {
 public:
  explicit RowWriter(const TrackerParameters& parameters) : parameters_(parameters), kept_count_(parameters_) {}
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;

  void write(int64_t frame, double time, std::vector<Track>& tracks, std::span<const int32_t> alive,
             const Observations& view);
  std::span<const TrackRow> rows() const { return rows_; }
  std::span<const TrackRow> backfill() const { return backfill_; }

  std::span<const Tracklet> tracklets() const { return log_.tracklets(); }
  void set_names(std::vector<TrackName> names) {
    names_ = std::move(names);
    named_ = true;
  }
  uint64_t rows_left_out() const { return rows_left_out_; }

 private:
  bool keeps_count() const { return parameters_.counted() && parameters_.keep_count; }
  void remember_frame(int64_t frame, double time);
  double time_of(int64_t frame) const;
  void confirm(Track& track, double time, std::vector<Track>& tracks, std::span<const int32_t> alive);
  bool take_id(Track& track, double time, std::vector<Track>& tracks, std::span<const int32_t> alive);
  void count_sharers(const std::vector<Track>& tracks, std::span<const int32_t> alive, const Observations& view);
  bool is_foretold(Track& track, double time, const Observations& view) const;
  void fill_row(int64_t frame, const Track& track, const Observations& view, TrackRow& row) const;
  bool is_only_one(const Track& track) const;
  bool is_whole_blob(const Track& track, const Observations& view) const;
  bool is_written(const Track& track) const;
  bool is_doubtful(int32_t index, const Track& track) const;
  void settle_company(const Track& track, const Observations& view, TrackRow& row) const;
  void give_out(const TrackRow& row, double time, std::vector<TrackRow>& rows);
  void fill_gap(Track& track, const TrackRow& row);

  TrackerParameters parameters_;
  uint32_t next_id_ = 1;
  std::vector<TrackRow> rows_, backfill_;
  std::vector<int64_t> frames_;  ///< numbers of the frames that backfill may reach back to, rising
  std::vector<double> times_;
  std::vector<int32_t> sharers_;          ///< tracks with an id that are in each detection
  std::vector<int32_t> newcomer_;         ///< the track without an id to which each detection belongs, -1: none
  std::vector<int32_t> written_sharers_;  ///< and of these, the ones whose rows are not left out
  TrackletLog log_;
  KeptCount kept_count_;
  std::vector<TrackName> names_;  ///< by id - 1, where there are names
  bool named_ = false;
  uint64_t rows_left_out_ = 0;
};

}  // namespace flashcell::tracking
