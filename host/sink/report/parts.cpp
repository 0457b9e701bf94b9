#include "host/sink/report/parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "host/sink/report/chart.hpp"

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

std::string marked_section(const std::string& title, const std::string& head, const std::string& body,
                           const std::string& table) {
  const std::string link = table.empty() ? "" : fmt::format("<a class=\"csv\" href=\"{0}\" download>CSV</a>", table);
  return fmt::format("<section>{}<h2>{}</h2>{}{}</section>\n", link, markup_escape(title), head, body);
}

std::string section(const std::string& title, const std::string& note, const std::string& body,
                    const std::string& table) {
  return marked_section(title, note.empty() ? "" : fmt::format("<p>{}</p>", markup_escape(note)), body, table);
}

std::string no_data(const std::string& why) {
  return fmt::format("<div class=\"empty\">{}</div>", markup_escape(why));
}

std::string figure(const std::string& value, const std::string& what, bool warn) {
  return fmt::format("<div class=\"figure{}\"><b>{}</b><span>{}</span></div>", warn ? " warn" : "",
                     markup_escape(value), markup_escape(what));
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
