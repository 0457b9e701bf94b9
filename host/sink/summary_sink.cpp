#include "host/sink/summary_sink.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "host/sink/run_warnings.hpp"
#include "host/sink/track_columns.hpp"

namespace flashcell::host {
namespace {

using Json = nlohmann::ordered_json;

Json latency_json(const LatencyHistogram& h) {
  return {{"count", h.count()},         {"mean_ns", h.mean()},        {"min_ns", h.min()},
          {"p50_ns", h.percentile(50)}, {"p99_ns", h.percentile(99)}, {"p99_9_ns", h.percentile(99.9)},
          {"max_ns", h.max()}};
}

Json lens_json(const Lens& l) {
  return {{"fx", l.fx}, {"fy", l.fy}, {"cx", l.cx}, {"cy", l.cy},       {"k1", l.k1},        {"k2", l.k2},
          {"p1", l.p1}, {"p2", l.p2}, {"k3", l.k3}, {"width", l.width}, {"height", l.height}};
}

class SummarySink final : public Sink {
 public:
  explicit SummarySink(std::filesystem::path path) : path_(std::move(path)) {}

  void begin(const RunInfo& run) override { run_ = run; }
  void write(const FrameResult&) override {}
  void finish(const RunSummary& summary) override { write_file(path_, summary_json(run_, summary)); }

 private:
  std::filesystem::path path_;
  RunInfo run_;
};

}  // namespace

std::string summary_json(const RunInfo& run, const RunSummary& summary) {
  Json dropped = Json::object();
  for (const DropCount& d : summary.dropped) dropped[d.cause] = d.frames;
  Json latency = Json::object();
  for (const StageTiming& stage : summary.stages) latency[stage.name] = latency_json(stage.latency);
  Json classes = Json::object();
  const std::vector<uint64_t> by_class = summary.tracks_by_class(run.classes.size());
  for (size_t c = 0; c < run.classes.size(); ++c) classes[run.classes[c]] = by_class[c];
  if (!run.classes.empty()) classes["unknown"] = by_class.back();
  Json regions = Json::object();
  for (const RegionCount& r : summary.regions)
    regions[r.name] = {{"count", tracking::to_text(r.count)}, {"frames_count_met", r.frames_met}};
  Json json = {
      {"program", program_version()},
      {"source", run.source.name},
      {"command", run.command},
      {"frame_width_px", run.source.width},
      {"frame_height_px", run.source.height},
      {"recording_fps", run.fps},
      {"unit", run.unit()},
      {"units_per_pixel", run.units_per_pixel()},
      {"ended", summary.ending()},
      {"frames", summary.frames},
      {"frames_dropped", summary.dropped_frames()},
      {"frames_dropped_by_cause", dropped},
      {"tracks", summary.tracks},
      {"rows", summary.rows},
      {"objects", summary.objects},
      {"objects_per_frame",
       {{"min", summary.objects_min}, {"mean", summary.objects_mean()}, {"max", summary.objects_max}}},
      {"objects_lost", summary.objects_lost},
      {"doubtful_tracks", summary.lives.doubtful},
      {"rows_seen", summary.lives.rows_seen},
      {"rows_merged", summary.lives.rows_merged},
      {"objects_too_small", summary.objects_too_small},
      {"objects_too_large", summary.objects_too_large},
      {"foreground_pixels", summary.pixels},
      {"foreground_pixels_outside", summary.pixels_outside},
      {"left_out", summary.left_out_text()},
      {"wall_s", summary.wall_s},
      {"frames_per_s", summary.frames_per_s()},
      {"frames_per_s_without_outputs", summary.frames_per_s_without_outputs()},
      {"write_s", summary.write_s()},
      {"latency", latency},
  };
  if (summary.source.events > 0) {
    json["events"] = summary.source.events;
    json["events_per_s"] = summary.events_per_s();
  }
  if (!run.world.uniform()) json["homography"] = run.world.plane();
  if (const auto& undistortion = run.world.undistortion()) json["lens"] = lens_json(undistortion->lens());
  if (run.linked) json["rows_left_out"] = summary.rows_left_out;
  if (!run.classes.empty()) json["tracks_by_class"] = classes;
  if (summary.named_by.objects > 0 && summary.named.sightings > 0) {
    json["named_sightings"] = summary.named.sightings;
    json["named_sightings_strange"] = summary.named.strange;
    if (summary.looks_unfamiliar()) json["named_unfamiliar"] = unfamiliar_text(summary.named);
  }
  if (summary.counted()) json["frames_count_met"] = summary.frames_count_met;
  if (summary.count.known()) json["count"] = tracking::to_text(summary.count);
  if (!summary.regions.empty()) json["regions"] = regions;
  Json warnings = Json::array();
  for (const RunWarning& warning : run_warnings(run, summary)) warnings.push_back(warning.line());
  json["warnings"] = warnings;
  if (!run.segmentation.empty()) json["segmentation"] = run.segmentation;
  // A path need not be UTF-8; JSON must be.
  return json_text(json) + "\n";
}

std::unique_ptr<Sink> make_summary_sink(std::filesystem::path path) {
  return std::make_unique<SummarySink>(std::move(path));
}

}  // namespace flashcell::host
