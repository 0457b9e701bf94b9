#include "host/app/track_detections.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>

#include "host/app/command.hpp"
#include "host/app/findings.hpp"
#include "host/app/interruption.hpp"
#include "host/app/progress.hpp"
#include "host/app/run_folder.hpp"
#include "host/app/sinks.hpp"
#include "host/eval/mot_text.hpp"
#include "pipeline/frame_feed.hpp"
#include "pipeline/sink_group.hpp"

namespace flashcell::app {
namespace {

/// The smallest frame that holds every box: a detection file does not say.
void set_extent(const std::vector<host::FrameDetections>& frames, SourceInfo& info) {
  for (const host::FrameDetections& f : frames) {
    for (const tracking::Detection& d : f.detections) {
      info.width = std::max(info.width, static_cast<int>(std::ceil(std::min(d.box.left + d.box.width, 1e6))));
      info.height = std::max(info.height, static_cast<int>(std::ceil(std::min(d.box.top + d.box.height, 1e6))));
    }
  }
}

/// Every frame up to the last with a detection; ends early where that is asked.
void track_frames(const std::vector<host::FrameDetections>& frames, int64_t count, double fps,
                  tracking::Tracker& tracker, SinkGroup& sinks, StageTiming& timing, RunSummary& summary,
                  const std::function<void(int64_t done)>& progress) {
  Frame frame;
  ObjectTable table;
  size_t next = 0;
  for (int64_t number = 0; number < count; ++number) {
    if (Interruption::asked()) {
      summary.end = RunEnd::interrupted;
      return;
    }
    const bool present = frames[next].frame == number + 1;
    table.clear();
    if (present) table.detections.assign(frames[next].detections.begin(), frames[next].detections.end());
    next += present;
    const double time_s = static_cast<double>(number) / fps;
    frame.number = number;
    frame.arrival_ns = steady_now_ns();
    const auto rows = tracker.update(number, time_s, table.detections);
    const int64_t done_ns = steady_now_ns();
    timing.record(number, done_ns - frame.arrival_ns);
    sinks.write({&frame, &table, rows, tracker.backfill(), done_ns, time_s});
    summary.count_objects(table.detections.size(), 0, 0);
    summary.rows += rows.size() + tracker.backfill().size();
    for (const tracking::TrackRow& row : rows) summary.tracks = std::max<uint64_t>(summary.tracks, row.id);
    progress(number + 1);
  }
}

}  // namespace

int track_detections(const DetectionRun& what, double fps, const host::Config& config,
                     const std::vector<std::filesystem::path>& inputs) {
  const std::vector<host::FrameDetections> frames = host::read_mot_detections(what.file);
  RunInfo run;
  run.source.name = what.file;
  run.source.fps = run.fps = fps;
  run.source.frame_count = frames.empty() ? 0 : frames.back().frame;
  set_extent(frames, run.source);
  run.config_toml = host::print_config(config, false);
  run.command = typed_command();

  const auto shared = std::make_shared<RunSummary>();
  RunSummary& summary = *shared;
  summary.frames_expected = run.source.frame_count;
  const tracking::TrackerParameters parameters = host::box_tracker_parameters(config);
  tracking::Tracker tracker(parameters, fps);
  host::Config without_pictures = config;
  without_pictures.output.overlay = without_pictures.output.report = false;
  const RunFolder folder(what.output, {"track", output_names(without_pictures.output), is_output_name}, inputs);
  const SinkSet sinks = make_sinks(folder, without_pictures, parameters, fps, shared);

  const Interruption interruption;
  SinkGroup group(sinks.list());
  const int64_t start = steady_now_ns();
  StageTiming timing("track");
  std::exception_ptr error;
  try {
    group.begin(run);
    Progress progress("tracking", run.source.frame_count, what.quiet);
    track_frames(frames, *run.source.frame_count, fps, tracker, group, timing, summary,
                 [&](int64_t done) { progress.update(done); });
  } catch (...) {
    error = std::current_exception();
  }
  summary.wall_s = 1e-9 * static_cast<double>(steady_now_ns() - start);
  summary.stages = {timing};
  group.finish(summary, error);
  if (!what.quiet) print_findings(run, summary, what.output, what.json);
  print_warnings(summary, config);
  if (error) std::rethrow_exception(error);
  return summary.end == RunEnd::interrupted ? Interruption::exit_code() : 0;
}

}  // namespace flashcell::app
