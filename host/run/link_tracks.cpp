#include "host/run/link_tracks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "tracking/relink.hpp"

namespace flashcell::host {

namespace fs = std::filesystem;

bool links_tracks(const Config& config) {
  const bool counted = config.track.parameters.count.known() || counts_objects(config.segment.parameters.regions);
  return counted && !config.pipeline.realtime;
}

bool can_be_read_twice(const std::vector<fs::path>& files) {
  return std::none_of(files.begin(), files.end(), [](const fs::path& file) {
    std::error_code ignored;
    const fs::file_status status = fs::status(file, ignored);
    return fs::is_fifo(status) || fs::is_socket(status) || fs::is_character_file(status);
  });
}

std::vector<tracking::TrackName> new_names(const tracking::Tracker& tracker,
                                           const tracking::TrackerParameters& parameters) {
  std::vector<tracking::TrackName> names = tracking::relink(tracker.tracklets(), parameters);
  bool same = true;
  for (size_t i = 0; i < names.size(); ++i) same = same && names[i].id == i + 1;
  if (same) names.clear();
  return names;
}

std::string describe_names(const std::vector<tracking::TrackName>& names, const RunSummary& summary) {
  size_t left_out = 0, doubtful = 0;
  for (const tracking::TrackName& name : names) {
    left_out += name.id == 0;
    doubtful += name.id != 0 && name.confidence < 0.95f;
  }
  return fmt::format(
      "{} pieces of tracks linked to {} tracks, {} of them with doubt (id_confidence); {} pieces with {} rows left out",
      names.size() - left_out, summary.tracks, doubtful, left_out, summary.rows_left_out);
}

namespace {

/// Of the files that a second pass claimed, what they are to be called.
std::vector<std::string> claimed_names(const RunFolder& folder) {
  const std::string prefix = next_name("");
  std::vector<std::string> names;
  for (const std::string& name : folder.claimed()) {
    if (name.starts_with(prefix)) names.push_back(name.substr(prefix.size()));
  }
  return names;
}

void take_over(const RunFolder& folder, const std::string& name) {
  std::error_code fault;
  const fs::path next = folder.path(next_name(name));
  if (!fs::exists(next, fault)) return;  // a picture that could not be encoded: the observer was told
  fs::rename(next, folder.path(name), fault);
  if (fault)
    throw Error(Fault::input, fmt::format("{}: cannot take the place of {} ({}); both are whole", next.string(), name,
                                          fault.message()));
}

}  // namespace

void take_over(RunFolder& folder, const Config& config) {
  for (const std::string& name : claimed_names(folder)) {
    folder.claim(name);
    take_over(folder, name);
  }
  for (const std::string& name : output_names(config)) take_over(folder, name);
}

void drop_next(const RunFolder& folder, const Config& config) {
  std::vector<std::string> names = claimed_names(folder);
  for (const std::string& name : output_names(config)) names.push_back(name);
  for (const std::string& name : names) {
    std::error_code ignored;
    fs::remove(folder.path(next_name(name)), ignored);
  }
}

}  // namespace flashcell::host
