#pragma once
#include <vector>

#include "pipeline/run_summary.hpp"
#include "pipeline/run_warning.hpp"
#include "pipeline/sink.hpp"

namespace flashcell::host {

/// Everything that looks wrong about a finished run, the worst first; empty where nothing does. Terminal, report and
/// batch all say these. How a run ended is not among them: RunSummary::ending().
std::vector<RunWarning> run_warnings(const RunInfo& run, const RunSummary& summary);

}  // namespace flashcell::host
