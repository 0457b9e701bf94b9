#pragma once
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "pipeline/action_namer.hpp"
#include "pipeline/device.hpp"
#include "pipeline/namer.hpp"
#include "pipeline/run_summary.hpp"
#include "pipeline/sink.hpp"
#include "pipeline/source.hpp"
#include "tracking/frame_tracker.hpp"

namespace flashcell {

/// How a run goes. Nothing here changes the results of an offline run, but the frames a realtime run drops.
struct PipelineOptions {
  int threads = 0;           ///< 0: all cores
  int frames_in_flight = 0;  ///< frames between source and sinks at most; 0: four a thread
  /// Frames arrive at the recording's pace; what cannot be kept up with is dropped, oldest waiting first. Always so
  /// with a live source, at its own pace.
  bool realtime = false;
  double queue_ms = 100;                    ///< realtime: recording time that frames wait at most; see waiting_frames()
  double fps = 0;                           ///< frames/s, > 0: the time of frames without a time stamp
  tracking::MeasureParameters measure;      ///< what the devices measure and how records become detections
  tracking::ObjectCount count;              ///< how many objects there are; frames that meet it are counted
  bool count_in_regions = false;            ///< frames that meet the counts of RunInfo::regions are, instead
  NamerFactory make_namer;                  ///< says of which class objects are; may be empty
  ActionNamer* actions = nullptr;           ///< says what tracks do; null: nobody does
  Calibration named_by;                     ///< of what names objects, the tracker's recognizer included
  const std::atomic<bool>* stop = nullptr;  ///< set to end the run early; frames in flight are still finished

  /// Called from one thread at a time after each frame, with the number of frames done and the drops so far. May be
  /// empty.
  std::function<void(int64_t frames, int64_t dropped)> progress;
};

/// source → device (segment, label) → namer, measure → tracker → sinks, as a bounded oneTBB pipeline. Naming and
/// measuring run in parallel, and so do the devices where they may; order is kept everywhere else, so an offline run's
/// results are the same bytes for any number of threads. `summary` is complete before the sinks' finish() is called.
/// Returns the first error, or null: every whole frame before it is in the sinks, and every sink that began is
/// finished. Does not throw.
std::exception_ptr run_pipeline(FrameSource& source, const DeviceFactory& make_device, tracking::FrameTracker& tracker,
                                const std::vector<Sink*>& sinks, const RunInfo& run, const PipelineOptions& options,
                                RunSummary& summary);

}  // namespace flashcell
