#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/action_namer.hpp"
#include "pipeline/sink.hpp"

namespace flashcell {

/// Puts live rows and backfill into one stream that rises strictly by (frame, id).
///
/// A track's first rows arrive late, when it is confirmed, so an offline run holds every frame back until no backfill
/// can reach it: `window` frame numbers, FrameTracker::backfill_frames(). Backfill of a frame and id that has a row
/// replaces it. In a live run (window 0) rows pass through at once
/// and backfill is dropped. Allocates nothing once the first window has gone
/// through.
class RowAssembler {
 public:
  /// `window`: frame numbers that backfill may reach back, >= 0. `features`: contract::FeatureBits measured. `world`:
  /// what gives rows their values in a unit of length. `regions` may be null. `actions`: says what tracks do, and may
  /// hold rows back for longer; null: nobody does.
  explicit RowAssembler(int64_t window, uint8_t features = 0, WorldMap world = {},
                        std::shared_ptr<const tracking::RegionMap> regions = nullptr, ActionNamer* actions = nullptr);

  /// Takes one frame (numbers must rise); rows that are now final, valid until the next call.
  std::span<const AssembledRow> add(const FrameResult& result);

  /// Takes rows as of backfill without a frame, before flush().
  void amend(std::span<const tracking::TrackRow> rows);

  /// The rows still held back, at the end of the run; valid until the next call.
  std::span<const AssembledRow> flush();

  /// Backfill rows that came for a frame already handed out: dropped. In a live run that is all backfill.
  uint64_t late_rows() const { return late_rows_; }

  uint64_t released() const { return released_; }  ///< rows handed out so far

 private:
  struct HeldFrame {
    int64_t number = 0;
    double time_s = 0;
    std::optional<int64_t> device_time_ns;
    int64_t host_time_ns = 0;
    std::vector<tracking::ActionLook> looks;  // by detection; empty where nobody names actions
    std::vector<float> mean_greys;            // by detection; empty where intensity is not measured
    std::vector<AssembledRow> rows;           // by rising id
  };

  static void keep_looks(const ObjectTable& table, std::vector<tracking::ActionLook>& looks);
  void hold(const FrameResult& result);
  void insert(const tracking::TrackRow& row);
  void release_before(int64_t end);
  AssembledRow make_row(const HeldFrame& frame, const tracking::TrackRow& row) const;

  int64_t window_;
  bool has_intensity_;
  WorldMap world_;
  std::shared_ptr<const tracking::RegionMap> regions_;
  ActionNamer* actions_;
  std::vector<HeldFrame> held_;   // by rising number
  std::vector<HeldFrame> spare_;  // recycled: keep their capacity
  std::vector<AssembledRow> ready_;
  uint64_t late_rows_ = 0, released_ = 0;
};

}  // namespace flashcell
