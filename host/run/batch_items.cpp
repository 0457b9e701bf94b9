#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/picture_header.hpp"
#include "base/random_reader.hpp"
#include "base/text.hpp"
#include "host/run/batch.hpp"
#include "host/source/file_names.hpp"
#include "host/synth/synth_source.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;

bool is_pattern(const std::string& input) {
  std::error_code error;
  return !is_scene(input) && input.find_first_of("*?[") != std::string::npos && !fs::exists(input, error);
}

/// A pattern of images is one recording; of other files, one recording a file.
bool names_recordings(const std::string& input) {
  if (!is_pattern(input)) return false;
  const std::vector<fs::path> files = files_matching(input);
  return !files.empty() && std::none_of(files.begin(), files.end(), [](const fs::path& f) { return is_image_name(f); });
}

/// The text that describes a Photron recording, beside the file that holds it.
bool is_header_beside_pixels(const fs::path& file) {
  const std::string extension = lower_extension(file);
  return (extension == ".cih" || extension == ".cihx") && !sibling(file, {".mraw"}).empty();
}

std::vector<std::string> recordings_of(const std::string& input) {
  if (!names_recordings(input)) return {input};
  std::vector<std::string> recordings;
  for (const fs::path& file : files_matching(input)) {
    if (fs::is_regular_file(file) && !is_header_beside_pixels(file)) recordings.push_back(file.string());
  }
  return recordings;
}

bool is_one_picture(const fs::path& file) {
  std::error_code error;
  if (!is_image_name(file) || !fs::is_regular_file(file, error)) return false;
  try {
    const std::optional<PictureHeader> stack = read_tiff_header(FileReader(file));
    return !stack || (stack->whole && stack->pages == 1);
  } catch (const Error&) {  // reading it will tell
    return false;
  }
}

/// A shell writes a pattern's files out, of which each would be a recording of one frame.
void refuse_pictures(const std::vector<BatchItem>& items) {
  const auto is_picture = [](const BatchItem& item) { return !is_scene(item.input) && is_one_picture(item.input); };
  const auto first = std::find_if(items.begin(), items.end(), is_picture);
  if (first == items.end() || std::none_of(first + 1, items.end(), is_picture)) return;
  const fs::path path = first->input;
  throw Error(
      Fault::usage,
      fmt::format("{} is one picture of several: for one recording of them name their folder, or their pattern in "
                  "quotes, '{}'",
                  first->input, (path.parent_path() / ("*" + path.extension().string())).string()));
}

/// The file with the pixels, whatever it was called by.
std::string file_of(const std::string& recording) {
  if (is_scene(recording)) return recording;
  std::error_code error;
  const fs::path real =
      fs::canonical(is_header_beside_pixels(recording) ? sibling(recording, {".mraw"}) : fs::path(recording), error);
  return real.empty() ? recording : real.string();
}

/// `again`: names, and how the same recording was named first.
std::string note_of(const std::map<std::string, std::string>& again) {
  const auto& [name, first] = *again.begin();
  if (again.size() > 1)
    return fmt::format("{} and {} more are named more than once: each is tracked once", name, again.size() - 1);
  if (name == first) return name + " is named more than once: tracked once";
  return fmt::format("{} is the same recording as {}: tracked once", name, first);
}

/// A name for a folder that no other has yet: the recording's, with its extension where two differ in that, else
/// numbered.
std::string folder_name(const std::string& input, std::set<std::string>& taken) {
  fs::path path = fs::path(input).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  std::string stem = is_scene(input) ? "scene" : path.stem().string(), full = path.filename().string();
  if (is_scene(input) || is_pattern(input)) full = stem = is_scene(input) ? "scene" : "images";
  for (const std::string& name : {stem, full}) {
    if (!name.empty() && name[0] != '.' && taken.insert(name).second) return name;
  }
  for (int number = 2;; ++number) {
    if (const std::string name = fmt::format("{}_{}", stem, number); taken.insert(name).second) return name;
  }
}

}  // namespace

std::vector<BatchItem> batch_items(const std::vector<std::string>& inputs, const fs::path& folder,
                                   const std::function<void(const std::string&)>& note) {
  std::vector<BatchItem> items;
  std::set<std::string> taken;
  std::map<std::string, std::string> seen, again;  // how each was named first, by its file and by another name
  for (const std::string& input : inputs) {
    for (const std::string& recording : recordings_of(input)) {
      const auto [first, is_new] = seen.emplace(file_of(recording), recording);
      if (is_new) {
        items.push_back({recording, folder / folder_name(recording, taken)});
      } else {
        again.emplace(recording, first->second);
      }
    }
  }
  refuse_pictures(items);
  if (!again.empty()) note(note_of(again));
  return items;
}

bool is_batch(const std::vector<std::string>& inputs) {
  return inputs.size() > 1 || (inputs.size() == 1 && names_recordings(inputs[0]));
}

}  // namespace flashcell::host
