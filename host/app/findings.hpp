#pragma once
#include <string>

#include "pipeline/run_summary.hpp"
#include "pipeline/sink.hpp"

namespace flashcell::app {

/// What a person wants to know at the end, in five lines; or the summary as JSON.
void print_findings(const RunInfo& run, const RunSummary& summary, const std::string& output, bool json);

/// What makes the result less than it seems, on standard error.
void print_warnings(const RunInfo& run, const RunSummary& summary);

}  // namespace flashcell::app
