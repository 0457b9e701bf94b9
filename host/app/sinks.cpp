#include "host/app/sinks.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <filesystem>

#include "host/sink/csv_sink.hpp"
#include "host/sink/hdf5_sink.hpp"
#include "host/sink/overlay_sink.hpp"
#include "host/sink/report_sink.hpp"
#include "host/sink/summary_sink.hpp"

namespace flashcell::app {
namespace {

constexpr double kTrailFrames = 30;  // drawn frames, when the configuration does not say

/// How far back the tracker may still add rows, in frames; a live run does not wait for them.
int64_t backfill_window(const host::Config& config, const tracking::TrackerParameters& p, double fps) {
  if (config.pipeline.realtime) return 0;
  return static_cast<int64_t>(std::ceil((p.lost_ms + p.confirm_ms) * 1e-3 * fps)) + 2;
}

}  // namespace

SinkSet make_row_sinks(const std::string& folder, const host::Config& config,
                       const tracking::TrackerParameters& tracker, double fps,
                       std::shared_ptr<const RunSummary> summary) {
  const std::filesystem::path path(folder);
  const int64_t window = backfill_window(config, tracker, fps);
  // The host's clock says something of a live run only; without it an offline run's files are the same bytes every
  // time.
  const bool host_time = config.pipeline.realtime;
  SinkSet sinks;
  if (config.output.csv) {
    host::CsvOptions options;
    options.backfill_window = window;
    options.host_time = host_time;
    sinks.add(host::make_csv_sink(path / "tracks.csv", options));
  }
  if (config.output.mot) sinks.add(host::make_mot_sink(path / "tracks.txt", window));
  if (config.output.hdf5) {
    host::Hdf5Options options;
    options.backfill_window = window;
    options.host_time = host_time;
    sinks.add(host::make_hdf5_sink(path / "tracks.h5", options));
  }
  sinks.add(host::make_summary_sink(path / "summary.json", std::move(summary)));
  return sinks;
}

SinkSet make_sinks(const std::string& folder, const host::Config& config, const tracking::TrackerParameters& tracker,
                   double fps, std::shared_ptr<const RunSummary> summary) {
  const std::filesystem::path path(folder);
  SinkSet sinks = make_row_sinks(folder, config, tracker, fps, summary);
  if (config.output.overlay) {
    host::OverlayOptions options;
    options.every = config.output.overlay_every;
    options.max_frames = config.output.overlay_frames;
    options.playback_fps = config.output.overlay_fps;
    options.warn = [](const std::string& line) { fmt::print(stderr, "flashcell: warning: {}\n", line); };
    options.trail_ms =
        config.output.trail_ms > 0 ? config.output.trail_ms : kTrailFrames * config.output.overlay_every * 1e3 / fps;
    sinks.add(host::make_overlay_sink(path / "overlay.mp4", options));
  }
  if (config.output.report) sinks.add(host::make_report_sink(path / "report.html", std::move(summary)));
  return sinks;
}

}  // namespace flashcell::app
