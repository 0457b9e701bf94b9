#include "host/sink/report/parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/page/chart.hpp"

namespace flashcell::host {

TimeAxis::TimeAxis(double fps, int64_t frames) : unit("frames") {
  if (!(fps > 0)) return;
  const bool milliseconds = static_cast<double>(frames) / fps < 2;
  per_frame = (milliseconds ? 1000 : 1) / fps;
  unit = milliseconds ? "ms" : "s";
}

std::string TimeAxis::label(const std::string& what) const {
  return unit == "frames" ? "frame" : fmt::format("{} [{}]", what, unit);
}

const char* plural(uint64_t n) {
  return n == 1 ? "" : "s";
}

std::string count_text(uint64_t n) {
  return short_number(static_cast<double>(n));
}

std::vector<const TrackStory*> longest_tracks(const ReportData& data, size_t most) {
  std::vector<const TrackStory*> tracks;
  for (const auto& entry : data.tracks()) tracks.push_back(&entry.second);
  std::stable_sort(tracks.begin(), tracks.end(),
                   [](const TrackStory* a, const TrackStory* b) { return a->rows > b->rows; });
  if (tracks.size() > most) tracks.resize(most);
  std::sort(tracks.begin(), tracks.end(), [](const TrackStory* a, const TrackStory* b) { return a->id < b->id; });
  return tracks;
}

std::string colour_text(const Rgb& colour) {
  return fmt::format("#{:02x}{:02x}{:02x}", colour.r, colour.g, colour.b);
}

}  // namespace flashcell::host
