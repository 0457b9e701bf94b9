#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "host/app/command.hpp"
#include "host/eval/read_tracks.hpp"
#include "host/export/export.hpp"
#include "host/export/in_unit.hpp"
#include "host/run/input_files.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;

struct ExportOptions {
  std::string input, output;
  host::ExportFormat format = host::ExportFormat::via;
  bool in_unit = false;
};

/// A run's summary; null where there is none.
nlohmann::json read_summary(const fs::path& tracks) {
  std::ifstream file(tracks.parent_path() / "summary.json");
  return nlohmann::json::parse(file, nullptr, false);
}

/// What the run's summary says beside the tracks; nothing where there is none.
host::ExportFacts facts_of(const nlohmann::json& json) {
  host::ExportFacts facts;
  if (!json.is_object()) return facts;
  if (const auto found = json.find("source"); found != json.end() && found->is_string()) facts.recording = *found;
  if (const auto found = json.find("recording_fps"); found != json.end() && found->is_number()) facts.fps = *found;
  return facts;
}

double number(const nlohmann::json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : 0;
}

/// How the run's px came to its unit. Throws Error(Fault::usage) where it had none.
WorldMap world_of(const nlohmann::json& json, const std::string& tracks) {
  const auto found = json.is_object() ? json.find("unit") : json.end();
  const std::string unit =
      found != json.end() && found->is_string() ? found->get<std::string>() : std::string(WorldMap::kPixels);
  if (unit == WorldMap::kPixels) {
    throw Error(Fault::usage,
                fmt::format("{}: no summary.json beside it states a unit of length; track with input.unit", tracks));
  }
  Lens lens;
  if (const auto l = json.find("lens"); l != json.end() && l->is_object()) {
    lens = {number(*l, "fx"), number(*l, "fy"), number(*l, "cx"), number(*l, "cy"), number(*l, "k1"),
            number(*l, "k2"), number(*l, "p1"), number(*l, "p2"), number(*l, "k3")};
  }
  const auto h = json.find("homography");
  if (const double scale = number(json, "units_per_pixel"); h == json.end() && scale > 0)
    return WorldMap::scaled(unit, scale, lens);
  Homography plane{};
  const bool whole = h != json.end() && h->is_array() && h->size() == plane.size() &&
                     std::all_of(h->begin(), h->end(), [](const auto& value) { return value.is_number(); });
  if (!whole) throw Error(Fault::input, fmt::format("{}: the scale in the summary.json beside it is damaged", tracks));
  std::copy(h->begin(), h->end(), plane.begin());
  return WorldMap::on_plane(unit, plane, lens);
}

const char* ending_of(host::ExportFormat format) {
  switch (format) {
    case host::ExportFormat::via:
      return "via.csv";
    case host::ExportFormat::sleap:
      return "analysis.h5";
    case host::ExportFormat::trackmate:
      return "trackmate.xml";
  }
  return "";
}

int export_run(const ExportOptions& options) {
  fs::path tracks = options.input;
  if (fs::exists(tracks / "tracks.csv")) tracks /= "tracks.csv";
  const fs::path output = options.output.empty()
                              ? tracks.parent_path() / (std::string("tracks.") + ending_of(options.format))
                              : fs::path(options.output);
  host::keep_inputs({tracks}, {output});
  const nlohmann::json summary = read_summary(tracks);
  host::ObjectList list = host::read_tracks(tracks.string(), {});
  host::ExportFacts facts = facts_of(summary);
  if (options.in_unit && options.format == host::ExportFormat::via)
    throw Error(Fault::usage, "--in-unit: VIA's boxes are drawn on pictures, in px; leave it out");
  if (options.in_unit) {
    const WorldMap world = world_of(summary, tracks.string());
    list = host::in_unit(list, world);
    facts.unit = world.unit();
  }
  host::export_tracks(list, options.format, facts, output);
  fmt::print("{} rows in {}\n", list.objects.size(), printable(output.string()));
  return 0;
}

}  // namespace

void add_export(Command& app, Action& action) {
  Command& command = app.add_subcommand("export", "Write tracks in a format that another program reads");
  command.footer(
      "via: CSV of VGG Image Annotator's tracks, boxes (movement, VIA).\n"
      "sleap: SLEAP's analysis HDF5, centroids (movement, SLEAP's tools).\n"
      "trackmate: XML of tracks, centroids (TrackMate, ISBI particle challenge).\n"
      "INPUT may be anything that `flashcell eval` reads.");
  auto options = std::make_shared<ExportOptions>();
  command.add_option("INPUT", options->input, "Folder of a run, or a file of tracks").required();
  std::vector<std::pair<std::string, host::ExportFormat>> formats;
  for (const auto& entry : host::kExportFormats) formats.emplace_back(entry.name, entry.value);
  command.add_choice("--as", options->format, formats, "Format");
  command.add_flag(
      "--in-unit", options->in_unit,
      "Centroids in the run's input.unit, corrected for lens and perspective, instead of px (sleap, trackmate)");
  command.add_option("-o,--output", options->output, "File to write; without it, beside the tracks").type_name("FILE");
  command.callback([=, &action] { action = [options] { return export_run(*options); }; });
}

}  // namespace flashcell::app
