#include "host/run/batch_record.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "host/run/input_files.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kFile = ".flashcell-done.json";

/// Sizes and times of change of all files of a recording; empty for what is made anew each time.
std::string state_of(const std::string& input) {
  std::string state;
  for (const fs::path& file : recording_files(input)) {
    struct stat status {};
    if (file.empty() || ::stat(file.c_str(), &status) != 0) continue;
    state += fmt::format("{}{} {}.{:09}", state.empty() ? "" : " ", status.st_size, status.st_mtim.tv_sec,
                         status.st_mtim.tv_nsec);
  }
  return state;
}

}  // namespace

BatchRecord::BatchRecord(fs::path folder, std::string settings)
    : folder_(std::move(folder)), settings_(std::move(settings)) {
  try {
    read();
  } catch (const Json::exception&) {
    entries_.clear();
  }
}

void BatchRecord::read() {
  std::ifstream file(folder_ / kFile);
  if (!file) return;
  std::stringstream text;
  text << file.rdbuf();
  const Json json = Json::parse(text.str());
  if (json.at("settings") != settings_) return;
  for (const Json& j : json.at("done")) {
    Entry entry{j.at("input"), j.at("state"), {}};
    entry.result.frames = j.at("frames");
    entry.result.dropped = j.at("dropped");
    entry.result.tracks = j.at("tracks");
    entry.result.objects_mean = j.at("objects_mean");
    entry.result.wall_s = j.at("wall_s");
    entry.result.fps = j.at("fps");
    entry.result.warnings = j.at("warnings");
    entries_.push_back(std::move(entry));
  }
}

bool BatchRecord::recall(BatchResult& result) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.input == result.item.input; });
  if (found == entries_.end() || found->state != state_of(result.item.input)) return false;
  if (!fs::exists(result.item.folder / "summary.json")) return false;
  const BatchItem item = result.item;
  result = found->result;
  result.item = item;
  result.state = BatchState::done_before;
  return true;
}

void BatchRecord::remember(const BatchResult& result) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.input == result.item.input; });
  entries_.push_back({result.item.input, state_of(result.item.input), result});
  write();
}

void BatchRecord::write() const {
  Json done = Json::array();
  for (const Entry& entry : entries_) {
    const BatchResult& r = entry.result;
    done.push_back({{"input", entry.input},
                    {"state", entry.state},
                    {"frames", r.frames},
                    {"dropped", r.dropped},
                    {"tracks", r.tracks},
                    {"objects_mean", r.objects_mean},
                    {"wall_s", r.wall_s},
                    {"fps", r.fps},
                    {"warnings", r.warnings}});
  }
  write_file(folder_ / kFile, json_text(Json{{"settings", settings_}, {"done", done}}) + "\n");
}

}  // namespace flashcell::host
