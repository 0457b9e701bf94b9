#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/page/chart.hpp"
#include "base/text.hpp"
#include "host/sink/report/parts.hpp"
#include "host/sink/report/sections.hpp"
#include "host/sink/report/series.hpp"

namespace flashcell::host {
namespace {

constexpr size_t kLatencyBars = 72;
constexpr size_t kMostLines = 7;  // colours in the style sheet

// Latencies of several stages differ by orders of magnitude: then a logarithmic scale.
ChartAxis latency_axis(const std::vector<ChartLine>& lines) {
  double low = 0, high = 0;
  for (const ChartLine& line : lines) {
    for (const ChartPoint& p : line.points) {
      const double v = std::max(1.0, p.low);
      low = low == 0 ? v : std::min(low, v);
      high = std::max(high, p.high);
    }
  }
  ChartAxis axis{"latency of a frame", 0, high * 1.05, false, short_duration};
  if (low > 0 && high / low > 30) {
    axis.log = true;
    axis.low = std::pow(10.0, std::floor(std::log10(low)));
    axis.high = std::pow(10.0, std::ceil(std::log10(high)));
  }
  return axis;
}

std::string latency_over_time(const RunInfo& run, const RunSummary& summary, const ReportData& data) {
  const char* title = "Latency over time";
  if (data.frames() == 0) return section(title, "", no_data("No frames."));
  const TimeAxis time(run.fps, data.last_frame() - data.first_frame());
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
  const ChartAxis x{time.label("recording time"), time.at(data.first_frame()), time.at(data.last_frame()), false,
                    short_number};
  return section(title, series_note(*first), line_chart(x, latency_axis(lines), lines), "report_latency.csv");
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
  const ChartAxis x{"latency (logarithmic)", low, high, true, short_duration};
  const ChartAxis y{"frames", 0, most * 1.3, false, short_number};  // room for the markers' texts
  return section(title,
                 fmt::format("{} frame{}, mean {}.", count_text(latency.count()), plural(latency.count()),
                             short_duration(latency.mean())),
                 bar_chart(x, y, bars, markers), "report_latency_histogram.csv");
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

std::string speed_figures(const RunSummary& summary, const LatencyHistogram& latency) {
  std::string out = "<div class=\"figures\">";
  if (summary.wall_s > 0) {
    out += figure(short_number(summary.frames_per_s()), "frames/s, with all outputs");
    if (const double without = summary.frames_per_s_without_outputs(); without > 0)
      out += figure("≥ " + short_number(without), "without outputs, on one core");
    out += figure(short_duration(1e9 * summary.wall_s), "from the first frame to the last result");
    out += figure(short_duration(1e9 * summary.write_s()), "of it, results were given to the outputs");
  }
  if (latency.count() > 0) {
    out += figure(short_duration(static_cast<double>(latency.percentile(99))), "frame to result, 99th percentile");
  }
  return out + "</div>\n";
}

}  // namespace

const LatencyHistogram& whole_latency(const RunSummary& summary, const ReportData& data) {
  return summary.stages.empty() ? data.latency() : summary.stages.back().latency;
}

std::string latencies(const RunInfo& run, const RunSummary& summary, const ReportData& data) {
  const LatencyHistogram& latency = whole_latency(summary, data);
  return "<h2 class=\"part\">Speed of this run</h2>\n" + speed_figures(summary, latency) + "<div class=\"pair\">" +
         latency_over_time(run, summary, data) + latency_histogram(latency) + "</div>\n" + stage_table(summary);
}

}  // namespace flashcell::host
