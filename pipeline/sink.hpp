#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/frame.hpp"
#include "pipeline/object_table.hpp"
#include "pipeline/run_summary.hpp"
#include "pipeline/world_values.hpp"
#include "tracking/region_map.hpp"
#include "tracking/track_row.hpp"

namespace flashcell {

/// What every output's header states.
struct RunInfo {
  SourceInfo source;
  double fps = 0;                                      ///< frames/s used for times and speeds
  WorldMap world;                                      ///< from px to the unit of length that outputs state beside px
  uint8_t features = 0;                                ///< contract::FeatureBits measured
  std::vector<std::string> colour_classes;             ///< names by colour_class
  std::vector<std::string> classes;                    ///< names by class_id
  std::vector<std::string> actions;                    ///< names by action
  std::shared_ptr<const tracking::RegionMap> regions;  ///< that rows are in; null: none
  /// Frame numbers that rows may come late (FrameResult::backfill): those of a frame are final once one so much later
  /// was written. 0 in a live run. The pipeline says it.
  int64_t backfill_frames = 0;
  /// Rows have an id_confidence: the number of objects is known, and tracks are linked to so many.
  bool linked = false;
  std::string config_toml;   ///< the effective configuration
  std::string segmentation;  ///< why segmentation is what it is, where it was chosen; one line
  std::string command;       ///< the command line

  const std::string& unit() const { return world.unit(); }
  /// Side of a px in the middle of the picture, in `unit`: elsewhere it may be another (WorldMap::uniform()).
  double units_per_pixel() const { return world.units_per_pixel(0.5 * (source.width - 1), 0.5 * (source.height - 1)); }
};

/// One processed frame.
struct FrameResult {
  const Frame* frame = nullptr;
  const ObjectTable* table = nullptr;
  std::span<const tracking::TrackRow> rows;      ///< of this frame
  std::span<const tracking::TrackRow> backfill;  ///< of earlier frames: FrameTracker::backfill()
  int64_t done_ns = 0;  ///< host steady clock when the tracker was done; latency is this less frame->arrival_ns
  double time_s = 0;    ///< recording time, s: RecordingClock's
};

/// A track row with what its frame adds to it.
struct AssembledRow {
  tracking::TrackRow row;
  double time_s = 0;                      ///< recording time of the row's frame
  std::optional<int64_t> device_time_ns;  ///< of the row's frame, where the recording has one
  int64_t host_time_ns = 0;               ///< host steady clock when the row's frame arrived
  std::optional<float> mean_grey;         ///< of the row's detection, where intensity was measured and the object seen
  WorldValues world;                      ///< the row in the unit of RunInfo::world
  int32_t region = tracking::RegionMap::kNone;  ///< of RunInfo::regions, in which the row's position is
  int32_t action = -1;                          ///< of RunInfo::actions: what the object does; -1: not known
  float action_confidence = 0;                  ///< 0..1
};

/// Where results go: begin() once; for every frame in order write(), then write_rows(); write_rows() with the last rows
/// and finish() once (also after an input error: what was written stays whole). Called from one thread at a time.
/// Throws Error(Fault::input) when it cannot write (disk full).
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void begin(const RunInfo& run) = 0;
  /// One frame, as soon as it has been tracked.
  virtual void write(const FrameResult& result) = 0;
  /// Rows that nothing changes any more: over the run they rise strictly by (frame, id). Often none, as they wait for
  /// backfill; in a live run those of the frame just written.
  virtual void write_rows(std::span<const AssembledRow> /*rows*/) {}
  /// `summary` is complete; in a run that failed it says why.
  virtual void finish(const RunSummary& summary) = 0;
};

}  // namespace flashcell
