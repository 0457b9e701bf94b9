#include "host/app/track_detections.hpp"

#include <algorithm>
#include <cmath>

#include "host/app/command.hpp"
#include "host/app/findings.hpp"
#include "host/app/sinks.hpp"
#include "host/eval/mot_text.hpp"
#include "pipeline/frame_feed.hpp"

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

}  // namespace

int track_detections(const std::string& file, double fps, const std::string& output, const host::Config& config,
                     bool quiet, bool json) {
  const std::vector<host::FrameDetections> frames = host::read_mot_detections(file);
  RunInfo run;
  run.source.name = file;
  run.source.fps = run.fps = fps;
  run.source.frame_count = frames.empty() ? 0 : frames.back().frame;
  set_extent(frames, run.source);
  run.config_toml = host::print_config(config, false);
  run.command = typed_command();

  const auto shared = std::make_shared<RunSummary>();
  RunSummary& summary = *shared;
  const tracking::TrackerParameters parameters = host::box_tracker_parameters(config);
  make_output_folder(output);
  const SinkSet sinks = make_row_sinks(output, config, parameters, fps, shared);
  tracking::Tracker tracker(parameters, fps);
  StageTiming timing("track");
  for (Sink* sink : sinks.list()) sink->begin(run);
  const int64_t start = steady_now_ns();
  const std::vector<tracking::Detection> none;
  Frame frame;
  ObjectTable table;
  size_t next = 0;
  for (int64_t number = 0; number < *run.source.frame_count; ++number) {
    const bool present = frames[next].frame == number + 1;
    const std::vector<tracking::Detection>& detections = present ? frames[next].detections : none;
    next += present;
    const int64_t before = steady_now_ns();
    const auto rows = tracker.update(number, static_cast<double>(number) / fps, detections);
    const int64_t done = steady_now_ns();
    timing.record(number, done - before);
    frame.number = number;
    for (Sink* sink : sinks.list()) sink->write({&frame, &table, detections, rows, tracker.backfill(), done});
    summary.count_objects(detections.size(), 0, 0);
    summary.rows += rows.size() + tracker.backfill().size();
    for (const tracking::TrackRow& row : rows) summary.tracks = std::max<uint64_t>(summary.tracks, row.id);
  }
  summary.wall_s = 1e-9 * static_cast<double>(steady_now_ns() - start);
  summary.stages = {timing};
  for (Sink* sink : sinks.list()) sink->finish();
  if (!quiet) print_findings(run, summary, output, json);
  return 0;
}

}  // namespace flashcell::app
