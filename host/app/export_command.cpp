#include <fmt/format.h>

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
#include "host/run/input_files.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string input, output;
  host::ExportFormat format = host::ExportFormat::via;
};

/// What the run's summary says beside the tracks; nothing where there is none.
host::ExportFacts facts_of(const fs::path& tracks) {
  host::ExportFacts facts;
  std::ifstream file(tracks.parent_path() / "summary.json");
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object()) return facts;
  if (const auto found = json.find("source"); found != json.end() && found->is_string()) facts.recording = *found;
  if (const auto found = json.find("recording_fps"); found != json.end() && found->is_number()) facts.fps = *found;
  return facts;
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

int export_run(const Options& options) {
  fs::path tracks = options.input;
  if (fs::exists(tracks / "tracks.csv")) tracks /= "tracks.csv";
  const fs::path output = options.output.empty()
                              ? tracks.parent_path() / (std::string("tracks.") + ending_of(options.format))
                              : fs::path(options.output);
  host::keep_inputs({tracks}, {output});
  const host::ObjectList list = host::read_tracks(tracks.string(), {});
  host::export_tracks(list, options.format, facts_of(tracks), output);
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
  auto options = std::make_shared<Options>();
  command.add_option("INPUT", options->input, "Folder of a run, or a file of tracks").required();
  std::vector<std::pair<std::string, host::ExportFormat>> formats;
  for (const auto& entry : host::kExportFormats) formats.emplace_back(entry.name, entry.value);
  command.add_choice("--as", options->format, formats, "Format");
  command.add_option("-o,--output", options->output, "File to write; without it, beside the tracks").type_name("FILE");
  command.callback([=, &action] { action = [options] { return export_run(*options); }; });
}

}  // namespace flashcell::app
