#pragma once
#include <string>

#include "host/sink/report/data.hpp"
#include "pipeline/run_summary.hpp"

namespace flashcell::host {

// The sections of the report, as markup, from top to bottom.

std::string page_head(const RunInfo& run, const ReportData& data);
std::string warning_box(const RunInfo& run, const RunSummary& summary);
std::string key_figures(const RunSummary& summary);

std::string trajectories(const RunInfo& run, const ReportData& data);
std::string position_map(const RunInfo& run, const ReportData& data);

std::string objects_over_time(const RunInfo& run, const ReportData& data);
std::string tracks_over_time(const RunInfo& run, const ReportData& data);

std::string speed_histogram(const RunInfo& run, const ReportData& data);
std::string mean_squared_displacement(const RunInfo& run, const ReportData& data);

std::string track_lengths(const RunInfo& run, const ReportData& data);
std::string track_gaps(const RunInfo& run, const ReportData& data);
std::string track_states(const RunInfo& run, const ReportData& data);

/// Of runs that name actions.
std::string track_actions(const RunInfo& run, const ReportData& data);
std::string action_totals(const RunInfo& run, const ReportData& data);

std::string track_table(const RunInfo& run, const ReportData& data);

/// From frame to result: the pipeline's own stage where it has one, else what the sink saw.
const LatencyHistogram& whole_latency(const RunSummary& summary, const ReportData& data);
std::string latencies(const RunInfo& run, const RunSummary& summary, const ReportData& data);

}  // namespace flashcell::host
