#pragma once
#include <string>

#include "base/page/chart.hpp"
#include "host/sink/report/parts.hpp"
#include "pipeline/bounded_series.hpp"

namespace flashcell::host {

/// A series as a line with its band.
ChartLine series_line(const std::string& name, const BoundedSeries& series, const TimeAxis& time);

/// What its points stand for.
std::string series_note(const BoundedSeries& series);

}  // namespace flashcell::host
