#pragma once
#include <string>

#include "host/sink/report/data.hpp"
#include "pipeline/run_summary.hpp"

namespace flashcell::host {

/// The whole HTML page. It needs nothing but itself, and works without scripts: one only sorts the table of tracks.
/// Links lead to the files of report_tables() beside it.
std::string report_page(const RunInfo& run, const RunSummary& summary, const ReportData& data);

/// Tracks that the page's table lists and that its picture shows at most; the longest are chosen.
constexpr size_t kMostTableRows = 300;
constexpr size_t kMostDrawnPaths = 2000;
constexpr size_t kMostDrawnPoints = 80000;  ///< of all paths together
/// Tracks whose place and speed are drawn over time, and whose states; the longest.
constexpr size_t kMostTimeLines = 7;
constexpr size_t kMostStateLines = 40;

}  // namespace flashcell::host
