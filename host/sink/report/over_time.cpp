#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/page/chart.hpp"
#include "base/text.hpp"
#include "host/sink/report/page.hpp"
#include "host/sink/report/parts.hpp"
#include "host/sink/report/sections.hpp"
#include "host/sink/report/series.hpp"

namespace flashcell::host {
namespace {

constexpr size_t kMostLinePoints = 400;  // more would not be seen

struct Quantity {
  const char* name;
  const char* per;  // appended to the unit
  float PathPoint::*value;
};
constexpr Quantity kQuantities[] = {
    {"x", "", &PathPoint::unit_x}, {"y (downwards)", "", &PathPoint::unit_y}, {"speed", "/s", &PathPoint::speed}};

/// Every so many points of a path are drawn.
size_t drawn_step(const TrackStory& track) {
  return std::max<size_t>(1, (track.path.size() + kMostLinePoints - 1) / kMostLinePoints);
}

ChartLine line_of(const TrackStory& track, const Quantity& quantity, const TimeAxis& time) {
  ChartLine line{fmt::format("track {}", track.id), {}, false};
  const size_t step = drawn_step(track);
  const auto usual = static_cast<int64_t>(track.path_stride * step);
  int64_t before = track.first_frame;
  for (size_t i = 0; i < track.path.size(); i += step) {
    const PathPoint& p = track.path[i];
    // Twice the usual time: rows are missing.
    line.points.push_back({time.at(p.frame), p.*quantity.value, 0, 0, p.frame - before > 2 * usual});
    before = p.frame;
  }
  return line;
}

ChartAxis axis_around(const std::string& label, const std::vector<ChartLine>& lines, bool from_zero) {
  double low = std::numeric_limits<double>::max(), high = -low;
  for (const ChartLine& line : lines) {
    for (const ChartPoint& p : line.points) low = std::min(low, p.y), high = std::max(high, p.y);
  }
  if (from_zero) low = 0;
  const double margin = high > low ? 0.04 * (high - low) : 0.5;
  return {label, from_zero ? 0 : low - margin, high + margin, false, short_number};
}

/// Buttons that work without scripts: the style sheet fades the other lines.
std::string buttons(const std::vector<ChartLine>& lines) {
  std::string out = "<input type=\"radio\" name=\"pick\" id=\"pick-all\" checked><label for=\"pick-all\">all</label>";
  for (size_t i = 0; i < lines.size(); ++i) {
    out += fmt::format(
        "<input type=\"radio\" name=\"pick\" id=\"pick-{0}\"><label for=\"pick-{0}\"><i class=\"s{0}\"></i>{1}</label>",
        i, markup_escape(lines[i].name));
  }
  return out;
}

}  // namespace

std::string objects_over_time(const RunInfo& run, const ReportData& data) {
  const char* title = "Objects over time";
  if (data.frames() == 0) return section(title, "", no_data("No frames."), "report_objects.csv");
  const TimeAxis time(run.fps, data.last_frame() - data.first_frame());
  double most = 1;
  for (const BoundedSeries* s : {&data.objects(), &data.followed()}) {
    for (const BoundedSeries::Point& p : s->points()) most = std::max(most, p.max);
  }
  const ChartAxis x{time.label("recording time"), time.at(data.first_frame()), time.at(data.last_frame()), false,
                    short_number};
  const ChartAxis y{"objects in a frame", 0, most * 1.05, false, short_number};
  // Where everything measured is tracked the lines coincide: the upper one is dashed.
  std::vector<ChartLine> lines = {series_line("measured", data.objects(), time),
                                  series_line("rows of tracks", data.followed(), time)};
  lines[1].dashed = true;
  return section(title, series_note(data.objects()), line_chart(x, y, lines), "report_objects.csv");
}

std::string tracks_over_time(const RunInfo& run, const ReportData& data) {
  const char* title = "Place and speed over time";
  const std::vector<const TrackStory*> tracks = longest_tracks(data, kMostTimeLines);
  if (tracks.empty()) return section(title, "", no_data("No object was tracked."), "report_over_time.csv");
  const TimeAxis time(run.fps, data.last_frame() - data.first_frame());
  const ChartAxis x{time.label("recording time"), time.at(data.first_frame()), time.at(data.last_frame()), false,
                    short_number};
  std::string charts, choice;
  uint64_t stride = 1;
  for (const TrackStory* track : tracks) stride = std::max(stride, track->path_stride * drawn_step(*track));
  for (const Quantity& quantity : kQuantities) {
    std::vector<ChartLine> lines;
    lines.reserve(tracks.size());
    for (const TrackStory* track : tracks) lines.push_back(line_of(*track, quantity, time));
    const bool is_speed = quantity.value == &PathPoint::speed;
    const std::string label = fmt::format("{} [{}{}]", quantity.name, run.unit(), quantity.per);
    charts += bare_line_chart(x, axis_around(label, lines, is_speed), lines);
    if (choice.empty() && lines.size() > 1) choice = buttons(lines);
  }
  const std::string note =
      fmt::format("{}{} Speed is the motion model's estimate.",
                  data.all_tracks() > tracks.size() ? fmt::format("The {} longest tracks. ", tracks.size()) : "",
                  stride == 1 ? "Every row." : fmt::format("Up to every {}th row.", stride));
  return section(title, note, fmt::format("<div class=\"pick\">{}<div class=\"lines\">{}</div></div>", choice, charts),
                 "report_over_time.csv");
}

}  // namespace flashcell::host
