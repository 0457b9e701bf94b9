#include "host/app/findings.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "base/text.hpp"
#include "host/app/messages.hpp"
#include "host/sink/run_warnings.hpp"
#include "host/sink/summary_sink.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;

std::string tracks_by_class(const RunInfo& run, const RunSummary& summary) {
  const std::vector<uint64_t> by_class = summary.tracks_by_class(run.classes.size());
  std::string named;
  for (size_t c = 0; c <= run.classes.size(); ++c) {
    if (by_class[c] == 0) continue;
    const std::string name = c < run.classes.size() ? run.classes[c] : "unknown";
    named += fmt::format("{}{} {}", named.empty() ? "" : ", ", by_class[c], name);
  }
  return named.empty() ? "none" : named;
}

}  // namespace

void print_findings(const RunInfo& run, const RunSummary& s, const std::string& output, bool json) {
  if (json) {
    fmt::print("{}\n", host::summary_json(run, s));
    return;
  }
  fmt::print("{}: {} frames of {}x{} px at {:g} frames/s, {} dropped\n", printable(run.source.name), s.frames,
             run.source.width, run.source.height, run.fps, s.dropped_frames());
  fmt::print("found {} track{}, {:.1f} objects a frame ({} to {})\n", s.tracks, s.tracks == 1 ? "" : "s",
             s.objects_mean(), s.objects_min, s.objects_max);
  if (s.counted()) fmt::print("the count was met: {}\n", printable(s.count_text()));
  if (const std::string left_out = s.left_out_text(); !left_out.empty()) fmt::print("{}\n", left_out);
  if (!run.classes.empty()) fmt::print("tracks by class: {}\n", printable(tracks_by_class(run, s)));
  std::string latency;
  if (!s.stages.empty()) {
    const LatencyHistogram& whole = s.stages.back().latency;
    latency = fmt::format("; frame to result P50 {:.0f} us, P99 {:.0f} us, max {:.0f} us",
                          1e-3 * static_cast<double>(whole.percentile(50)),
                          1e-3 * static_cast<double>(whole.percentile(99)), 1e-3 * static_cast<double>(whole.max()));
  }
  std::string in_all;
  if (s.whole_s > s.wall_s + 1) {
    in_all = fmt::format(" ({:.1f} s in all, with {}{})", s.whole_s,
                         run.segmentation.empty() ? "what comes before and after" : "the choice of the segmentation",
                         run.linked ? " and a pass that learned who is who" : "");
  }
  const double without = s.frames_per_s_without_outputs();
  fmt::print("took {:.2f} s{}, {:.0f} frames/s with all outputs ({:.2f} s went into writing them){}{}\n", s.wall_s,
             in_all, s.frames_per_s(), s.write_s(),
             without > 0 ? fmt::format(", at least {:.0f} without them on one core", without) : "", latency);
  if (s.source.events > 0) {
    fmt::print("{} events, {:.3g} million a second from file to tracks\n", s.source.events, 1e-6 * s.events_per_s());
  }
  std::string files;
  for (const char* name : {"tracks.csv", "tracks.txt", "tracks.h5", "actions.csv", "summary.json", "overlay.mp4"}) {
    if (fs::exists(fs::path(output) / name)) files += (files.empty() ? "" : ", ") + std::string(name);
  }
  if (fs::exists(fs::path(output) / "res_track.txt")) files += ", mask*.tif, res_track.txt";
  fmt::print("in {}: {}\n", printable(output), files);
  const fs::path report = fs::path(output) / "report.html";
  if (fs::exists(report)) fmt::print("look at {}\n", printable(report.string()));
}

void print_warnings(const RunInfo& run, const RunSummary& s) {
  if (s.end == RunEnd::interrupted) say(s.ending() + "; what was written is whole");
  for (const RunWarning& warning : host::run_warnings(run, s)) warn(warning.line());
}

}  // namespace flashcell::app
