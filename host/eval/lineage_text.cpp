#include "host/eval/lineage_text.hpp"

#include <array>

#include "host/eval/mot_text.hpp"
#include "host/eval/text_fields.hpp"

namespace flashcell::host {
namespace {

constexpr int64_t kLargestLabel = 65535;
constexpr std::array<const char*, 4> kNames = {"label", "first frame", "last frame", "parent"};

/// The line's numbers; false where there are not four fields.
bool split(std::string_view line, std::array<std::string_view, 4>& fields) {
  size_t count = 0;
  for (size_t begin = line.find_first_not_of(" \t"); begin != std::string_view::npos;
       begin = line.find_first_not_of(" \t", begin)) {
    const size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    if (count == fields.size()) return false;
    fields[count++] = line.substr(begin, end - begin);
    begin = end;
  }
  return count == fields.size();
}

}  // namespace

std::vector<tracking::LineageTrack> parse_lineage(std::string_view text, const std::string& name) {
  constexpr std::array<int64_t, 4> kLeast = {1, 0, 0, 0};
  constexpr std::array<int64_t, 4> kMost = {kLargestLabel, kMaxFrameNumber, kMaxFrameNumber, kLargestLabel};
  std::vector<tracking::LineageTrack> tracks;
  std::string_view line;
  for (int64_t number = 1; next_line(text, line); ++number) {
    if (line.empty()) continue;
    std::array<std::string_view, 4> fields;
    if (!split(line, fields)) fail_at(name, number, "expected four numbers: label, first frame, last frame, parent");
    std::array<int64_t, 4> values{};
    for (size_t i = 0; i < fields.size(); ++i) {
      if (!parse_integer(fields[i], values[i]) || values[i] < kLeast[i] || values[i] > kMost[i]) {
        fail_at(name, number,
                std::string(kNames[i]) + " " + quoted(fields[i]) + " is not a whole number from " +
                    std::to_string(kLeast[i]) + " to " + std::to_string(kMost[i]));
      }
    }
    if (values[2] < values[1]) fail_at(name, number, "the track ends before it begins");
    tracks.push_back({static_cast<int>(values[0]), values[1], values[2], static_cast<int>(values[3])});
  }
  return tracks;
}

}  // namespace flashcell::host
