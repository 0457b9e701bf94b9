#include "host/run/outputs.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "host/sink/action_sink.hpp"
#include "host/sink/csv_sink.hpp"
#include "host/sink/hdf5_sink.hpp"
#include "host/sink/label_image_sink.hpp"
#include "host/sink/overlay_sink.hpp"
#include "host/sink/report_sink.hpp"
#include "host/sink/summary_sink.hpp"

namespace flashcell::host {
namespace {

constexpr double kTrailFrames = 30;  // drawn frames, when the configuration does not say

}  // namespace

std::vector<std::string> output_names(const Config& config) {
  const OutputSection& output = config.output;
  std::vector<std::string> names = {"summary.json"};
  if (output.csv) names.emplace_back("tracks.csv");
  if (output.mot) names.emplace_back("tracks.txt");
  if (output.hdf5) names.emplace_back("tracks.h5");
  if (output.overlay) names.emplace_back("overlay.mp4");
  if (output.labels) names.emplace_back("res_track.txt");
  if (!config.actions.model.empty()) names.emplace_back("actions.csv");
  if (output.report) {
    for (std::string& name : report_file_names()) names.push_back(std::move(name));
  }
  return names;
}

bool is_claimed_name(std::string_view name) {
  if (name.starts_with(next_name(""))) name.remove_prefix(next_name("").size());
  constexpr std::string_view kBefore = "mask", kAfter = ".tif";
  if (!name.starts_with(kBefore) || !name.ends_with(kAfter) || name.size() <= kBefore.size() + kAfter.size())
    return false;
  name.remove_prefix(kBefore.size());
  name.remove_suffix(kAfter.size());
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_output_name(std::string_view name) {
  if (is_claimed_name(name)) return true;
  Config everything;
  everything.output.mot = everything.output.hdf5 = everything.output.labels = true;
  everything.actions.model = "any";
  const std::vector<std::string> names = output_names(everything);
  return std::any_of(names.begin(), names.end(),
                     [name](const std::string& each) { return name == each || name == next_name(each); });
}

std::string next_name(const std::string& name) {
  return "next-" + name;
}

SinkSet make_sinks(RunFolder& folder, const Config& config, const SinkPlan& plan, RunObserver& observer) {
  const auto called = [name_of = plan.name_of](const std::string& name) {
    return name_of != nullptr ? name_of(name) : name;
  };
  const auto path = [&](const std::string& name) { return folder.path(called(name)); };
  const OutputSection& output = config.output;
  // The host's clock says something of a live run only; without it an offline run's files are the same bytes every
  // time.
  const bool host_time = config.pipeline.realtime;
  SinkSet sinks;
  sinks.add(make_folder_watch(folder));
  if (output.csv) {
    CsvOptions options;
    options.host_time = host_time;
    sinks.add(make_csv_sink(path("tracks.csv"), options));
  }
  if (output.mot) sinks.add(make_mot_sink(path("tracks.txt")));
  if (output.hdf5) {
    Hdf5Options options;
    options.host_time = host_time;
    sinks.add(make_hdf5_sink(path("tracks.h5"), options));
  }
  if (output.overlay) {
    OverlayOptions options;
    options.every = output.overlay_every > 0 ? output.overlay_every : overlay_step(plan.fps, plan.frames);
    options.live = config.pipeline.realtime;
    options.max_frames = output.overlay_frames;
    options.playback_fps = output.overlay_fps;
    options.warn = [&observer](const std::string& line) { observer.warn(line); };
    options.trail_ms =
        output.trail_ms > 0 ? output.trail_ms : kTrailFrames * static_cast<double>(options.every) * 1e3 / plan.fps;
    sinks.add(make_overlay_sink(path("overlay.mp4"), options));
  }
  if (!config.actions.model.empty()) sinks.add(make_action_sink(path("actions.csv")));
  if (output.labels) {
    LabelImageOptions options;
    options.file = [&folder, called](const std::string& name) {
      folder.claim(called(name));
      return folder.path(called(name));
    };
    options.owners = [pixels = std::shared_ptr(plan.make_pixels())](const FrameResult& result) {
      return std::span<const uint32_t>(pixels->render(*result.frame, *result.table));
    };
    options.warn = [&observer](const std::string& line) { observer.warn(line); };
    sinks.add(make_label_image_sink(path("res_track.txt"), std::move(options)));
  }
  // Last, because they say how the run ended.
  sinks.add(make_summary_sink(path("summary.json")));
  if (output.report) {
    sinks.add(make_report_sink([&folder, called](const std::string& name) { return folder.path(called(name)); }));
  }
  return sinks;
}

}  // namespace flashcell::host
