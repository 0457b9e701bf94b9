#include "quant_models/data/scene_folder.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <sstream>
#include <string_view>

#include "base/text.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

struct Part {
  int64_t first = 1, last = 1, step = 1;
};

Part parse_part(const std::string& text) {
  Part part;
  int used = -1;
  const auto whole = static_cast<int>(text.size());
  const char* t = text.c_str();
  long long first = 0, last = 0, step = 1;
  const bool read = (std::sscanf(t, "%lld..%lld%n", &first, &last, &used) == 2 && used == whole) ||
                    (std::sscanf(t, "%lld..%lld/%lld%n", &first, &last, &step, &used) == 3 && used == whole);
  constexpr long long kMost = 1'000'000'000;
  if (!read || first < 1 || last < first || last > kMost || step < 1 || step > kMost)
    throw ModelError("part '" + text + "' of a scene must be FIRST..LAST or FIRST..LAST/STEP, frames from 1");
  part = {first, last, step};
  return part;
}

// truth.csv by the names of its columns.
class TruthTable {
 public:
  TruthTable(const FileSet& files, const std::string& name) : where_(files.describe(name)) {
    const std::vector<uint8_t> bytes = files.read(name);
    in_.str(std::string(bytes.begin(), bytes.end()));
    while (next_line() && line_.starts_with('#')) {
    }
    split_csv(line_, fields_);
    for (size_t i = 0; i < fields_.size(); ++i)
      if (const auto [at, added] = columns_.emplace(csv_text(fields_[i]), i); !added)
        throw ModelError(where_ + ": has the column '" + at->first + "' twice");
    for (const char* column : {"row", "left", "top", "width", "height", "area", "visible", "class"})
      if (!columns_.contains(column)) throw ModelError(where_ + ": has no column '" + column + "'");
  }

  bool next() {
    if (!next_line()) return false;
    split_csv(line_, fields_);
    if (fields_.size() != columns_.size())
      fail(std::to_string(fields_.size()) + " fields, expected " + std::to_string(columns_.size()));
    return true;
  }

  std::string text(const char* column) const { return csv_text(fields_[columns_.at(column)]); }

  int64_t integer(const char* column) const {
    constexpr int64_t kMost = int64_t{1} << 40;
    const std::string_view field = fields_[columns_.at(column)];
    int64_t value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size() || value < -kMost || value > kMost)
      fail(std::string("'") + column + "' is no integer");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(where_ + ": line " + std::to_string(number_) + ": " + what);
  }

  bool next_line() {
    ++number_;
    return static_cast<bool>(std::getline(in_, line_));
  }

  std::string where_, line_;
  std::istringstream in_;
  int64_t number_ = 0;
  std::map<std::string, size_t> columns_;
  std::vector<std::string_view> fields_;  // of line_
};

std::string frame_name(int64_t row) {
  char name[64];
  std::snprintf(name, sizeof name, "frames/%08lld.png", static_cast<long long>(row - 1));
  return name;
}

}  // namespace

DetectionSet read_scene(const FileSet& files, const std::string& part_text, int channels,
                        std::vector<std::string> classes) {
  const Part part = parse_part(part_text);
  DetectionSet set{std::move(classes), {}};
  for (int64_t row = part.first; row <= part.last; row += part.step) {
    const std::string name = frame_name(row);
    if (!files.contains(name))
      throw ModelError(files.describe(name) + ": is missing; write the scene with `flashcell synth SPEC -f images`");
    set.pictures.push_back({name, decode_picture(files.read(name), files.describe(name), channels), {}});
  }
  for (TruthTable table(files, "truth.csv"); table.next();) {
    const int64_t row = table.integer("row"), visible = table.integer("visible");
    if (row < part.first || row > part.last || (row - part.first) % part.step != 0 || visible == 0) continue;
    MarkedPicture& marked = set.pictures[static_cast<size_t>((row - part.first) / part.step)];
    const auto left = static_cast<float>(table.integer("left")), top = static_cast<float>(table.integer("top"));
    MarkedObject object;
    object.box = {
        std::max(left, 0.F), std::max(top, 0.F),
        std::min(left + static_cast<float>(table.integer("width")), static_cast<float>(marked.picture.columns)),
        std::min(top + static_cast<float>(table.integer("height")), static_cast<float>(marked.picture.rows))};
    if (!(object.box.width() > 0) || !(object.box.height() > 0)) continue;
    object.object_class = class_index(set.classes, table.text("class"));
    object.difficult = 2 * visible < table.integer("area");
    marked.objects.push_back(object);
  }
  return set;
}

}  // namespace flashcell::quant
