#include "host/sink/report/series.hpp"

#include <fmt/format.h>

namespace flashcell::host {

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

}  // namespace flashcell::host
