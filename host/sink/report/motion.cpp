#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/page/chart.hpp"
#include "host/sink/report/parts.hpp"
#include "host/sink/report/sections.hpp"

namespace flashcell::host {
namespace {

constexpr uint64_t kFewestPairs = 10;  // of a lag that is drawn

using Point = MeanSquaredDisplacement::Point;

/// The lags over which the fit goes: the first three at least, and up to a quarter of the typical track, as longer
/// ones come from few independent stretches (Saxton 1997).
int64_t longest_fitted(const ReportData& data) {
  return std::max<int64_t>(3, data.typical_frames() / 4);
}

std::vector<Point> drawn_points(const ReportData& data) {
  std::vector<Point> points = data.displacement().points();
  std::erase_if(points, [](const Point& p) { return p.pairs < kFewestPairs || !(p.mean > 0); });
  return points;
}

/// An axis over some decades, whole where there are few ticks otherwise.
ChartAxis log_axis(const std::string& label, double low, double high) {
  return {label, low / 1.3, high * 1.3, true, short_number};
}

std::string fit_note(const RunInfo& run, const PowerLaw& law, const TimeAxis& time) {
  const double per_second = run.fps > 0 ? law.factor * std::pow(run.fps, law.exponent) : law.factor;
  return fmt::format(
      " Fitted over lags of {} to {} {}: exponent {:.2f}, {} {}² at a lag of one {}. Exponent 1 is diffusion, 2 "
      "straight "
      "motion.",
      short_number(time.at(law.shortest)), short_number(time.at(law.longest)), time.unit, law.exponent,
      short_number(per_second), run.unit(), run.fps > 0 ? "second" : "frame");
}

}  // namespace

std::string speed_histogram(const RunInfo& run, const ReportData& data) {
  const char* title = "Speeds";
  const GrowingHistogram& speeds = data.speeds();
  if (speeds.count() == 0) return section(title, "", no_data("No object was tracked."), "report_speeds.csv");
  size_t used = speeds.counts().size();
  while (used > 1 && speeds.counts()[used - 1] == 0) --used;
  const double width = speeds.bin_width();
  std::vector<ChartBar> bars;
  double most = 1;
  for (size_t i = 0; i < used; ++i) {
    bars.push_back(
        {width * static_cast<double>(i), width * static_cast<double>(i + 1), static_cast<double>(speeds.counts()[i])});
    most = std::max(most, bars.back().value);
  }
  const ChartAxis x{fmt::format("speed [{}/s]", run.unit()), 0, width * static_cast<double>(used), false, short_number};
  const ChartAxis y{"rows", 0, most * 1.05, false, short_number};
  return section(title, fmt::format("Rows by speed, where the object was seen; {} in all.", count_text(speeds.count())),
                 bar_chart(x, y, bars, {}), "report_speeds.csv");
}

std::string mean_squared_displacement(const RunInfo& run, const ReportData& data) {
  const char* title = "Mean squared displacement";
  const std::vector<Point> points = drawn_points(data);
  if (points.empty()) {
    return section(title, "", no_data("No track was seen often enough."), "report_displacement.csv");
  }
  const TimeAxis time(run.fps, points.back().lag);
  ChartLine measured{"measured", {}, false}, fitted{"fitted", {}, true};
  double low = points.front().mean, high = low;
  for (const Point& p : points) {
    measured.points.push_back({time.at(p.lag), p.mean});
    low = std::min(low, p.mean);
    high = std::max(high, p.mean);
  }
  std::string note =
      "How far objects come in a time: the mean over all tracks and all pairs of sightings so far apart, places "
      "measured alone (not merged or predicted). The measuring error is in it, common drift as well.";
  std::vector<ChartLine> lines = {measured};
  if (const auto law = fit_power_law(points, longest_fitted(data))) {
    note += fit_note(run, *law, time);
    for (const int64_t lag : {law->shortest, law->longest}) {
      fitted.points.push_back({time.at(lag), law->factor * std::pow(static_cast<double>(lag), law->exponent)});
    }
    lines.push_back(fitted);
  }
  const std::string lag = time.unit == "frames" ? "lag [frames]" : time.label("lag");
  return section(title, note,
                 line_chart(log_axis(lag, time.at(points.front().lag), time.at(points.back().lag)),
                            log_axis(fmt::format("mean squared displacement [{}²]", run.unit()), low, high), lines),
                 "report_displacement.csv");
}

}  // namespace flashcell::host
