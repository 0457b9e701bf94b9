#include "host/run/input_files.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <map>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "host/source/file_names.hpp"
#include "host/synth/synth_source.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;
using Identity = std::pair<dev_t, ino_t>;

std::optional<Identity> identity(const fs::path& path) {
  struct stat status {};
  if (path.empty() || ::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return Identity{status.st_dev, status.st_ino};
}

}  // namespace

std::vector<fs::path> recording_files(const std::string& input) {
  if (input.empty() || is_scene(input)) return {};
  std::error_code error;
  const fs::file_status status = fs::status(input, error);
  if (!fs::exists(status)) {
    if (input.find_first_of("*?[") == std::string::npos) return {};
    return files_matching(input);
  }
  if (!fs::is_directory(status))
    return {input, sibling(input, {".mraw"}), sibling(input, {".cihx"}), sibling(input, {".cih"})};
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(input, error), end; !error && entry != end; entry.increment(error))
    files.push_back(entry->path());
  return files;
}

std::vector<fs::path> named_files(const Config& config) {
  const std::string arrays = config.cim.preset.substr(0, config.cim.preset.find(','));
  return {config.classify.model, config.detect.model,  config.track.classes,
          config.actions.model,  config.xrt.bitstream, arrays,
          config.cim.calibration};
}

void keep_inputs(const std::vector<fs::path>& inputs, const std::vector<fs::path>& outputs) {
  std::map<Identity, const fs::path*> existing;
  for (const fs::path& output : outputs) {
    if (const auto id = identity(output)) existing.emplace(*id, &output);
  }
  if (existing.empty()) return;  // what is not there is nobody's input
  for (const fs::path& input : inputs) {
    const auto id = identity(input);
    const auto found = id ? existing.find(*id) : existing.end();
    if (found == existing.end()) continue;
    throw Error(Fault::usage, fmt::format("{} is read by this command and would be overwritten as {}; name another "
                                          "output with -o",
                                          input.string(), found->second->string()));
  }
}

}  // namespace flashcell::host
