#include "host/app/track_batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "host/app/command.hpp"
#include "host/app/interruption.hpp"
#include "host/app/messages.hpp"
#include "host/app/progress.hpp"
#include "host/run/batch.hpp"
#include "host/run/batch_page.hpp"

namespace flashcell::app {
namespace {

class Teller final : public host::BatchObserver {
 public:
  Teller(bool quiet, bool lines) : lines_(lines && !quiet), progress_("tracking", std::nullopt, quiet) {}

  void ended(const host::BatchResult& r, size_t so_far, size_t all) override {
    progress_.clear();
    if (r.state == host::BatchState::failed) {
      // Most errors name the file themselves.
      warn(r.error.rfind(r.item.input, 0) == 0 ? r.error : fmt::format("{}: {}", r.item.input, r.error));
    } else if (lines_) {
      fmt::print("[{}/{}] {}: {}, {} frames, {} tracks; in {}\n", so_far, all, printable(r.item.input),
                 name_of(r.state), r.frames, r.tracks, printable(r.item.folder.string()));
      std::fflush(stdout);
    }
    // Of a run of now each was said when it came.
    if (r.state == host::BatchState::done_before && !r.warnings.empty())
      warn(fmt::format("{}: {}", r.item.input, r.warnings));
  }
  void note(const host::BatchItem& item, const std::string& line) override {
    if (!lines_) return;
    progress_.clear();
    say(item.input + ": " + line);
  }
  void warn(const host::BatchItem& item, const std::string& line) override { warn(item.input + ": " + line); }
  void progress(uint64_t frames, size_t, size_t) override { progress_.update(static_cast<int64_t>(frames), 0); }

 private:
  void warn(const std::string& line) {
    progress_.clear();
    app::warn(line);
  }

  bool lines_;
  Progress progress_;
};

std::string as_json(const std::vector<host::BatchResult>& results) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const host::BatchResult& r : results) {
    list.push_back({{"recording", r.item.input},
                    {"folder", r.item.folder.string()},
                    {"state", name_of(r.state)},
                    {"frames", r.frames},
                    {"dropped", r.dropped},
                    {"tracks", r.tracks},
                    {"objects_per_frame", r.objects_mean},
                    {"recording_fps", r.fps},
                    {"wall_s", r.wall_s},
                    {"error", r.error},
                    {"warnings", r.warnings}});
  }
  return json_text(list);
}

std::string counted(const std::vector<host::BatchResult>& results) {
  std::map<host::BatchState, int> counts;
  for (const host::BatchResult& r : results) ++counts[r.state];
  std::string text;
  for (const auto& [state, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, host::name_of(state));
  return text;
}

}  // namespace

int track_batch(const BatchCommand& command, const host::Config& config) {
  const Interruption interruption;
  host::BatchOptions options;
  options.folder = command.output;
  options.jobs = command.jobs;
  options.again = command.again;
  options.also_read.assign(command.config_files.begin(), command.config_files.end());
  options.command = typed_command();
  options.stop = &Interruption::asked();
  const std::vector<host::BatchItem> items = host::batch_items(command.inputs, command.output, [&](const auto& line) {
    if (!command.quiet) say(line);
  });
  std::vector<host::BatchResult> results;
  {
    Teller teller(command.quiet, !command.json);
    results = host::run_batch(items, config, options, teller);
  }
  if (command.json) {
    fmt::print("{}\n", as_json(results));
  } else if (!command.quiet) {
    fmt::print("{} recording{}: {}\ntable: {}\nlook at {}\n", results.size(), results.size() == 1 ? "" : "s",
               counted(results), printable((options.folder / "recordings.csv").string()),
               printable((options.folder / "index.html").string()));
  }
  if (Interruption::asked()) return Interruption::exit_code();
  const auto failed = std::find_if(results.begin(), results.end(), [](const auto& r) { return r.exit_code != 0; });
  return failed == results.end() ? 0 : failed->exit_code;
}

}  // namespace flashcell::app
