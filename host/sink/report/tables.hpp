#pragma once
#include <string>
#include <vector>

#include "host/sink/report/data.hpp"
#include "pipeline/run_summary.hpp"

namespace flashcell::host {

/// The numbers of one of the report's charts, as CSV: a line of column names, then rows.
struct ReportTable {
  std::string name;  ///< of the file, "report_speeds.csv"
  std::string text;
};

/// One for each chart, always all of them: one that has no rows has its column names. docs/formats.md tells the
/// columns.
std::vector<ReportTable> report_tables(const RunInfo& run, const RunSummary& summary, const ReportData& data);

/// Their names, in the same order.
std::vector<std::string> report_table_names();

}  // namespace flashcell::host
