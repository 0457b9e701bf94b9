#pragma once
#include <span>

#include "pipeline/frame.hpp"
#include "pipeline/object_table.hpp"
#include "tracking/track_row.hpp"

namespace flashcell {

/// What every output's header states.
struct RunInfo {
  SourceInfo source;
  double fps = 0;              ///< frames/s used for times and speeds
  double units_per_pixel = 1;  ///< in `unit`
  std::string unit = "px";
  uint8_t features = 0;                     ///< contract::FeatureBits measured
  std::vector<std::string> colour_classes;  ///< names by colour_class
  std::vector<std::string> classes;         ///< names by class_id
  std::string config_toml;                  ///< the effective configuration
  std::string command;                      ///< the command line
};

/// One processed frame.
struct FrameResult {
  const Frame* frame = nullptr;
  const ObjectTable* table = nullptr;
  std::span<const tracking::TrackRow> rows;      ///< of this frame
  std::span<const tracking::TrackRow> backfill;  ///< of earlier frames, of tracks confirmed now
  int64_t done_ns = 0;  ///< host steady clock when the tracker was done; latency is this less frame->arrival_ns
  double time_s = 0;    ///< recording time, s: RecordingClock's
};

/// Where results go. begin() once, write() for every frame in order, finish() once (also after an input error: what was
/// written stays whole). Called from one thread at a time. Throws Error(Fault::input) when it cannot write (disk full).
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void begin(const RunInfo& run) = 0;
  virtual void write(const FrameResult& result) = 0;
  virtual void finish() = 0;
};

}  // namespace flashcell
