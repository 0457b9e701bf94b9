#pragma once
#include <string>

#include "host/sink/report_data.hpp"
#include "pipeline/run_summary.hpp"

namespace flashcell::host {

/// The whole HTML page.
std::string report_page(const RunInfo& run, const RunSummary& summary, const ReportData& data);

/// Tracks that the page's table lists and that its picture shows at most; the longest are chosen.
constexpr size_t kMostTableRows = 300;
constexpr size_t kMostDrawnPaths = 2000;

}  // namespace flashcell::host
