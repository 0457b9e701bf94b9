#include "host/xrt/library_path.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"

namespace flashcell::host {

std::string with_library_folder(const std::filesystem::path& folder, std::string_view path) {
  constexpr std::string_view kBetween = ":;";
  std::string all = folder.string();
  if (!folder.is_absolute() || all.find_first_of(kBetween) != std::string::npos) {
    throw Error(
        Fault::device,
        fmt::format("{}: libraries cannot be loaded from a folder of this name; give it one without ':' and ';'", all));
  }
  while (!path.empty()) {
    const size_t end = std::min(path.find_first_of(kBetween), path.size());
    if (end > 0) all.append(":").append(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return all;
}

}  // namespace flashcell::host
