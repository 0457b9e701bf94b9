#pragma once
#include <atomic>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "host/config/config.hpp"
#include "host/run/observer.hpp"
#include "pipeline/run_summary.hpp"
#include "pipeline/sink.hpp"

namespace flashcell::host {

/// What is tracked.
struct RunInput {
  std::string recording;  ///< as for open_source(); with `detections` it says the frame rate only and may be empty
  /// MOTChallenge detection file whose boxes are the objects; empty: they are found in the recording.
  std::string detections;
};

struct RunOptions {
  /// Folder for the files that the configuration's [output] asks for; made where it is missing. Empty: no files.
  std::string folder;
  std::vector<std::filesystem::path> also_read;  ///< files that must not be overwritten, beside the run's own inputs
  /// Get what the files get; where track.count is given, before the tracks are linked.
  std::vector<Sink*> sinks;
  std::string command;                      ///< for the outputs' headers
  const std::atomic<bool>* stop = nullptr;  ///< set to end the run early and whole
};

/// What became of a run.
struct RunOutcome {
  RunInfo info;
  RunSummary summary;
  bool begun = false;        ///< false where it was stopped before anything was written
  std::exception_ptr error;  ///< what ended it; every whole frame before is in the outputs, which are finished
};

/// A whole run: opens the input, settles what the configuration leaves open, finds, names and follows the objects, and
/// writes the outputs. Prints nothing; `observer` hears what there is to tell. The same input, configuration and
/// version give the same bytes, but for times.
///
/// Throws Error, and nothing was written or removed, where the configuration does not fit, something cannot be read or
/// the folder cannot be had. What goes wrong later is in the outcome.
RunOutcome run(const RunInput& input, Config config, const RunOptions& options, RunObserver& observer);

}  // namespace flashcell::host
