#include "host/source/file_names.hpp"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Splits the digits off the front of `text`, without leading zeros.
std::string_view take_number(std::string_view& text) {
  size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

/// Entries of a directory, in the file system's own order.
std::vector<fs::path> entries(const fs::path& directory) {
  std::error_code failed;
  std::vector<fs::path> paths;
  for (fs::directory_iterator it(directory, failed); !failed && it != fs::directory_iterator(); it.increment(failed)) {
    paths.push_back(it->path());
  }
  if (failed) throw Error(Fault::input, fmt::format("{}: cannot be read: {}", directory.string(), failed.message()));
  return paths;
}

void sort_naturally(std::vector<fs::path>& paths) {
  std::sort(paths.begin(), paths.end(),
            [](const fs::path& a, const fs::path& b) { return natural_less(a.native(), b.native()); });
}

}  // namespace

std::string lower_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return extension;
}

bool is_image_name(const fs::path& path) {
  constexpr std::array<std::string_view, 9> kExtensions = {".png",  ".tif", ".tiff", ".bmp", ".jpg",
                                                           ".jpeg", ".pgm", ".ppm",  ".pnm"};
  return std::find(kExtensions.begin(), kExtensions.end(), lower_extension(path)) != kExtensions.end();
}

bool natural_less(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a, whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view x = take_number(a), y = take_number(b);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
      continue;
    }
    if (a.front() != b.front()) return a.front() < b.front();
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  if (a.empty() != b.empty()) return a.empty();
  return whole_a < whole_b;  // equal but for leading zeros
}

std::vector<fs::path> images_in(const fs::path& directory) {
  std::vector<fs::path> paths;
  std::error_code failed;
  for (const fs::path& path : entries(directory)) {
    if (is_image_name(path) && fs::is_regular_file(path, failed)) paths.push_back(path);
  }
  sort_naturally(paths);
  return paths;
}

std::vector<fs::path> files_matching(const std::string& pattern) {
  std::vector<fs::path> paths;
  glob_t found{};
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0)
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  sort_naturally(paths);
  return paths;
}

fs::path sibling(const fs::path& path, const std::vector<std::string_view>& extensions) {
  const fs::path directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::vector<fs::path> beside = entries(directory);
  std::sort(beside.begin(), beside.end());
  for (const std::string_view extension : extensions) {
    for (const fs::path& other : beside) {
      if (other.stem() == path.stem() && lower_extension(other) == extension) return other;
    }
  }
  return {};
}

}  // namespace flashcell::host
