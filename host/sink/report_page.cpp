#include "host/sink/report_page.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <opencv2/imgcodecs.hpp>

#include "host/sink/base64.hpp"
#include "host/sink/palette.hpp"
#include "host/sink/report_style.hpp"
#include "host/sink/svg_chart.hpp"
#include "host/sink/track_columns.hpp"

namespace flashcell::host {
namespace {

constexpr size_t kDrawnPoints = 80000;  // of all paths together
constexpr size_t kMostDots = 300;       // tracks; with more the dots would hide the paths
constexpr size_t kLatencyBars = 72;
constexpr size_t kMostLines = 7;  // colours in the style sheet

/// Frame numbers as times, in s or ms, where the frame rate is known.
struct TimeAxis {
  double per_frame = 1;
  std::string label = "frame";

  TimeAxis(double fps, int64_t frames) {
    if (!(fps > 0)) return;
    const bool milliseconds = static_cast<double>(frames) / fps < 2;
    per_frame = (milliseconds ? 1000 : 1) / fps;
    label = milliseconds ? "recording time [ms]" : "recording time [s]";
  }
  double at(int64_t frame) const { return static_cast<double>(frame) * per_frame; }
};

std::string figure(const std::string& value, const std::string& what, bool warn = false) {
  return fmt::format("<div class=\"figure{}\"><b>{}</b><span>{}</span></div>", warn ? " warn" : "",
                     markup_escape(value), markup_escape(what));
}

std::string section(const std::string& title, const std::string& note, const std::string& body) {
  return fmt::format("<section><h2>{}</h2><p>{}</p>{}</section>\n", markup_escape(title), markup_escape(note), body);
}

std::string no_data(const std::string& why) {
  return fmt::format("<div class=\"empty\">{}</div>", markup_escape(why));
}

const char* plural(uint64_t n) {
  return n == 1 ? "" : "s";
}

std::string count_text(uint64_t n) {
  return short_number(static_cast<double>(n));
}

// The latency from frame to result: the pipeline's own stage where it has one, else what the sink saw.
const LatencyHistogram& whole_latency(const RunSummary& summary, const ReportData& data) {
  return summary.stages.empty() ? data.latency() : summary.stages.back().latency;
}

std::string head(const RunInfo& run, const ReportData& data) {
  const std::string name = std::filesystem::path(run.source.name).filename().string();
  const std::string title = markup_escape(name.empty() ? run.source.name : name);
  std::string facts = fmt::format("{} × {} px", run.source.width, run.source.height);
  if (run.fps > 0) {
    const double seconds =
        static_cast<double>(data.frames() ? data.last_frame() - data.first_frame() + 1 : 0) / run.fps;
    facts += fmt::format(" · {} frames/s", short_number(run.fps));
    if (seconds > 0) facts += fmt::format(" · {} of recording", short_duration(seconds * 1e9));
  }
  if (run.unit != "px") facts += fmt::format(" · 1 px = {} {}", short_number(run.units_per_pixel), run.unit);
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{0} – flashcell report</title>"
      "<style>{1}</style></head><body><main>\n<header><p class=\"kicker\">flashcell "
      "report</p><h1>{0}</h1><p>{2}</p></header>\n",
      title, kReportStyle, markup_escape(facts));
}

std::string figures(const RunSummary& summary, const ReportData& data) {
  const LatencyHistogram& latency = whole_latency(summary, data);
  const uint64_t dropped = summary.dropped_frames();
  std::string causes;
  for (const DropCount& d : summary.dropped) {
    if (d.frames > 0) causes += fmt::format("{}{}: {}", causes.empty() ? ": " : ", ", d.cause, count_text(d.frames));
  }
  std::string out = "<div class=\"figures\">";
  if (summary.end != RunEnd::complete) {
    const std::string ending = summary.ending();
    const size_t comma = ending.find(", ");
    out += figure(ending.substr(0, comma), ending.substr(comma + 2), true);
  }
  out += figure(count_text(summary.tracks), fmt::format("track{}", plural(summary.tracks)));
  out += figure(count_text(summary.frames), fmt::format("frame{} processed", plural(summary.frames)));
  out += figure(short_number(summary.objects_mean()),
                fmt::format("objects a frame on average, {} to {}", count_text(summary.objects_min),
                            count_text(summary.objects_max)));
  if (summary.wall_s > 0) out += figure(short_number(summary.frames_per_s()), "frames/s throughput");
  if (latency.count() > 0) {
    out += figure(short_duration(static_cast<double>(latency.percentile(99))), "frame to result, 99th percentile");
  }
  out += figure(count_text(dropped), fmt::format("frame{} dropped{}", plural(dropped), causes), dropped > 0);
  if (summary.count.known()) {
    out += figure(
        fmt::format("{} of {}", count_text(summary.frames_count_met), count_text(summary.frames)),
        fmt::format("frames with {} object{}", tracking::to_text(summary.count), summary.count.most == 1 ? "" : "s"),
        summary.count_often_missed());
  }
  if (summary.objects_filtered > 0) {
    out +=
        figure(count_text(summary.objects_filtered),
               "objects left out, smaller than label.min_area or larger than label.max_area", summary.many_filtered());
  }
  if (summary.objects_lost > 0) {
    out += figure(count_text(summary.objects_lost), "objects did not fit into the table", true);
  }
  return out + "</div>\n";
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

std::string svg_path(const TrackStory& track, size_t most_points) {
  const size_t step = std::max<size_t>(1, (track.path.size() + most_points - 1) / most_points);
  std::string d;
  for (size_t i = 0; i < track.path.size(); i += step) {
    d += fmt::format("{}{:.1f} {:.1f}", d.empty() ? "M" : "L", track.path[i].x + 0.5f, track.path[i].y + 0.5f);
  }
  // A path of one point would be invisible; and every path ends where its track ended.
  return d + fmt::format("L{:.1f} {:.1f}", track.x + 0.5, track.y + 0.5);
}

std::string scene(const RunInfo& run, const ReportData& data) {
  if (data.picture().empty()) return section("Trajectories", "", no_data("The recording held no frame."));
  std::vector<uchar> png;
  cv::imencode(".png", data.picture(), png, {cv::IMWRITE_PNG_COMPRESSION, 6});
  const std::vector<const TrackStory*> tracks = longest_tracks(data, kMostDrawnPaths);
  const size_t points = std::max<size_t>(6, kDrawnPoints / std::max<size_t>(1, tracks.size()));
  const int width = std::max(1, run.source.width), height = std::max(1, run.source.height);
  std::string svg = fmt::format(
      "<svg class=\"scene{}{}\" viewBox=\"0 0 {} {}\" role=\"img\"><image width=\"{}\" height=\"{}\" "
      "preserveAspectRatio=\"none\" href=\"data:image/png;base64,{}\"/>",
      std::max(width, height) < 320 ? " tiny" : "", tracks.size() > kMostDots ? " many" : "", width, height, width,
      height, base64(png.data(), png.size()));
  for (const TrackStory* track : tracks) {
    const Rgb c = track_colour(track->id);
    svg += fmt::format("<path stroke=\"#{:02x}{:02x}{:02x}\" d=\"{}\"><title>track {}, frames {} to {}</title></path>",
                       c.r, c.g, c.b, svg_path(*track, points), track->id, track->first_frame, track->last_frame);
  }
  // Dots where tracks ended show the direction, and tracks of a single row.
  const double radius = std::max(width, height) / 240.0;
  for (size_t i = 0; i < tracks.size() && tracks.size() <= kMostDots; ++i) {
    const Rgb c = track_colour(tracks[i]->id);
    svg += fmt::format("<circle fill=\"#{:02x}{:02x}{:02x}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{:.2f}\"/>", c.r, c.g, c.b,
                       tracks[i]->x + 0.5, tracks[i]->y + 0.5, radius);
  }
  svg += "</svg>";
  const uint64_t all = data.tracks().size() + data.untold_tracks();
  std::string note = fmt::format("Every track's path over frame {}; the dot is its end.", data.first_frame());
  if (all == 0) note = fmt::format("Frame {}; no object was tracked.", data.first_frame());
  if (all > tracks.size()) {
    note = fmt::format("The {} longest of {} tracks over frame {}.", count_text(tracks.size()), count_text(all),
                       data.first_frame());
  }
  return section("Trajectories", note, svg);
}

ChartLine series_line(const std::string& name, const BoundedSeries& series, const TimeAxis& time) {
  ChartLine line{name, {}, false};
  for (const BoundedSeries::Point& p : series.points()) {
    line.points.push_back({time.at(p.frame), p.mean(), p.min, p.max});
  }
  return line;
}

std::string series_note(const BoundedSeries& series) {
  if (series.stride() == 1) return "One point a frame.";
  return fmt::format("Mean of {} frames a point; the band runs from their smallest to their largest.", series.stride());
}

std::string objects_over_time(const ReportData& data, const TimeAxis& time) {
  const char* title = "Objects over time";
  if (data.frames() == 0) return section(title, "", no_data("No frames."));
  double most = 1;
  for (const BoundedSeries* s : {&data.objects(), &data.followed()}) {
    for (const BoundedSeries::Point& p : s->points()) most = std::max(most, p.max);
  }
  const Axis x{time.label, time.at(data.first_frame()), time.at(data.last_frame()), false, short_number};
  const Axis y{"objects in a frame", 0, most * 1.05, false, short_number};
  // Where everything measured is tracked the lines coincide: the upper one is dashed.
  std::vector<ChartLine> lines = {series_line("measured", data.objects(), time),
                                  series_line("tracked", data.followed(), time)};
  lines[1].dashed = true;
  return section(title, series_note(data.objects()), line_chart(x, y, lines));
}

// Latencies of several stages differ by orders of magnitude: then a logarithmic scale.
Axis latency_axis(const std::vector<ChartLine>& lines) {
  double low = 0, high = 0;
  for (const ChartLine& line : lines) {
    for (const ChartPoint& p : line.points) {
      const double v = std::max(1.0, p.low);
      low = low == 0 ? v : std::min(low, v);
      high = std::max(high, p.high);
    }
  }
  Axis axis{"latency of a frame", 0, high * 1.05, false, short_duration};
  if (low > 0 && high / low > 30) {
    axis.log = true;
    axis.low = std::pow(10.0, std::floor(std::log10(low)));
    axis.high = std::pow(10.0, std::ceil(std::log10(high)));
  }
  return axis;
}

std::string latency_over_time(const RunSummary& summary, const ReportData& data, const TimeAxis& time) {
  const char* title = "Latency over time";
  if (data.frames() == 0) return section(title, "", no_data("No frames."));
  std::vector<ChartLine> lines;
  const BoundedSeries* first = nullptr;
  for (const StageTiming& stage : summary.stages) {
    if (stage.over_time.points().empty() || lines.size() == kMostLines) continue;
    if (first == nullptr) first = &stage.over_time;
    lines.push_back(series_line(stage.name, stage.over_time, time));
  }
  if (lines.empty()) {
    first = &data.latency_over_time();
    lines.push_back(series_line("frame to result", *first, time));
  }
  const Axis x{time.label, time.at(data.first_frame()), time.at(data.last_frame()), false, short_number};
  return section(title, series_note(*first), line_chart(x, latency_axis(lines), lines));
}

std::string latency_histogram(const LatencyHistogram& latency) {
  const char* title = "Latency from frame to result";
  if (latency.count() == 0) return section(title, "", no_data("No frames."));
  const double low = std::max<double>(1, static_cast<double>(latency.min())) * 0.9;
  const double high = std::max<double>(2, static_cast<double>(latency.max())) * 1.1;
  const double ratio = std::log(high / low) / static_cast<double>(kLatencyBars);
  std::vector<ChartBar> bars(kLatencyBars);
  for (size_t i = 0; i < bars.size(); ++i) {
    bars[i] = {low * std::exp(ratio * static_cast<double>(i)), low * std::exp(ratio * static_cast<double>(i + 1)), 0};
  }
  double most = 1;
  latency.for_each_bucket([&](const LatencyHistogram::Bucket& b) {
    const double middle = 0.5 * static_cast<double>(b.low_ns + b.high_ns);
    const double at = std::log(std::max(low, middle) / low) / ratio;
    ChartBar& bar = bars[std::min(bars.size() - 1, static_cast<size_t>(at))];
    bar.value += static_cast<double>(b.count);
    most = std::max(most, bar.value);
  });
  std::vector<ChartMarker> markers;
  const auto mark = [&](const char* name, int64_t ns) {
    markers.push_back({static_cast<double>(ns), fmt::format("{} {}", name, short_duration(static_cast<double>(ns)))});
  };
  mark("P50", latency.percentile(50));
  mark("P99", latency.percentile(99));
  mark("P99.9", latency.percentile(99.9));
  mark("max", latency.max());
  const Axis x{"latency (logarithmic)", low, high, true, short_duration};
  const Axis y{"frames", 0, most * 1.3, false, short_number};  // room for the markers' texts
  return section(title,
                 fmt::format("{} frame{}, mean {}.", count_text(latency.count()), plural(latency.count()),
                             short_duration(latency.mean())),
                 bar_chart(x, y, bars, markers));
}

std::string stage_table(const RunSummary& summary) {
  if (summary.stages.empty() || summary.frames == 0) return "";
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th "
      "class=\"text\">stage</th><th>mean</th><th>P50</th><th>P99</th><th>P99.9</th>"
      "<th>max</th></tr></thead><tbody>";
  for (const StageTiming& stage : summary.stages) {
    const LatencyHistogram& h = stage.latency;
    out +=
        fmt::format("<tr><td class=\"text\">{}</td><td>{}</td>", markup_escape(stage.name), short_duration(h.mean()));
    for (const int64_t ns : {h.percentile(50), h.percentile(99), h.percentile(99.9), h.max()}) {
      out += fmt::format("<td>{}</td>", short_duration(static_cast<double>(ns)));
    }
    out += "</tr>";
  }
  return section("Stages", "Time that each stage takes for a frame.", out + "</tbody></table></div>");
}

std::string speed_chart(const RunInfo& run, const ReportData& data) {
  const char* title = "Speeds";
  const GrowingHistogram& speeds = data.speeds();
  if (speeds.count() == 0) return section(title, "", no_data("No object was tracked."));
  size_t used = speeds.counts().size();
  while (used > 1 && speeds.counts()[used - 1] == 0) --used;
  const double width = speeds.bin_width() * run.units_per_pixel;
  std::vector<ChartBar> bars;
  double most = 1;
  for (size_t i = 0; i < used; ++i) {
    bars.push_back(
        {width * static_cast<double>(i), width * static_cast<double>(i + 1), static_cast<double>(speeds.counts()[i])});
    most = std::max(most, bars.back().value);
  }
  const Axis x{fmt::format("speed [{}/s]", run.unit), 0, width * static_cast<double>(used), false, short_number};
  const Axis y{"rows", 0, most * 1.05, false, short_number};
  return section(title, fmt::format("Rows by speed, where the object was seen; {} in all.", count_text(speeds.count())),
                 bar_chart(x, y, bars, {}));
}

std::string track_line(const RunInfo& run, const TrackStory& t) {
  const Rgb c = track_colour(t.id);
  std::string out = fmt::format("<tr><td><i style=\"background:#{:02x}{:02x}{:02x}\"></i>{}</td>", c.r, c.g, c.b, t.id);
  if (!run.classes.empty()) {
    const std::string sure = t.class_id >= 0 ? fmt::format(" ({:.0f} %)", 100 * t.class_confidence) : "";
    out += fmt::format("<td class=\"text\">{}{}</td>", markup_escape(class_name(run.classes, t.class_id)), sure);
  }
  if (!run.colour_classes.empty()) {
    out += fmt::format("<td class=\"text\">{}</td>", markup_escape(class_name(run.colour_classes, t.colour_class)));
  }
  const int64_t steps = t.last_frame - t.first_frame;
  const double scale = run.units_per_pixel;
  out += fmt::format("<td>{}</td><td>{}</td><td>{}</td>", t.first_frame, t.last_frame, count_text(t.rows));
  if (run.fps > 0) {
    const double seconds = static_cast<double>(steps) / run.fps;
    out += fmt::format("<td>{}</td>", steps > 0 ? short_number(t.distance * scale / seconds) : "–");
  }
  return out + fmt::format("<td>{}</td><td>{}</td></tr>\n", short_number(t.distance * scale),
                           short_number(t.mean_area() * scale * scale));
}

std::string track_table(const RunInfo& run, const ReportData& data) {
  const uint64_t all = data.tracks().size() + data.untold_tracks();
  if (all == 0) return section("Tracks", "", no_data("No object was tracked."));
  const std::string unit = markup_escape(run.unit);
  std::string out = "<div class=\"scroll\"><table><thead><tr><th>id</th>";
  if (!run.classes.empty()) out += "<th class=\"text\">class</th>";
  if (!run.colour_classes.empty()) out += "<th class=\"text\">colour</th>";
  out += "<th>first frame</th><th>last frame</th><th>rows</th>";
  if (run.fps > 0) out += fmt::format("<th>mean speed [{}/s]</th>", unit);
  out += fmt::format("<th>distance [{}]</th><th>mean area [{}²]</th></tr></thead><tbody>\n", unit, unit);
  const std::vector<const TrackStory*> tracks = longest_tracks(data, kMostTableRows);
  for (const TrackStory* t : tracks) out += track_line(run, *t);
  const std::string note = all > tracks.size() ? fmt::format("The {} longest of {} tracks; tracks.csv has them all.",
                                                             count_text(tracks.size()), count_text(all))
                                               : "Distance is the sum of the steps from frame to frame.";
  return section("Tracks", note, out + "</tbody></table></div>");
}

std::string tail(const RunInfo& run) {
  std::string out;
  if (!run.segmentation.empty()) {
    out += fmt::format("<section><h2>Segmentation</h2><p>Chosen from the recording: {}</p></section>\n",
                       markup_escape(run.segmentation));
  }
  if (!run.config_toml.empty()) {
    out +=
        fmt::format("<section><details><summary>Effective configuration</summary><pre>{}</pre></details></section>\n",
                    markup_escape(run.config_toml));
  }
  if (!run.command.empty()) {
    out +=
        fmt::format("<section><h2>Command</h2><pre class=\"command\">{}</pre></section>\n", markup_escape(run.command));
  }
  return out + fmt::format("<footer>{} · source: {}</footer>\n</main></body></html>\n", program_version(),
                           markup_escape(run.source.name));
}

}  // namespace

std::string report_page(const RunInfo& run, const RunSummary& summary, const ReportData& data) {
  const TimeAxis time(run.fps, data.frames() ? data.last_frame() - data.first_frame() : 0);
  std::string page = head(run, data);
  page += figures(summary, data);
  page += scene(run, data);
  page += "<div class=\"pair\">" + objects_over_time(data, time) + speed_chart(run, data) + "</div>\n";
  page += "<div class=\"pair\">" + latency_over_time(summary, data, time) +
          latency_histogram(whole_latency(summary, data)) + "</div>\n";
  page += stage_table(summary);
  page += track_table(run, data);
  return page + tail(run);
}

}  // namespace flashcell::host
