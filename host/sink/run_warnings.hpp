#pragma once
#include <string>
#include <vector>

#include "pipeline/run_summary.hpp"
#include "pipeline/sink.hpp"

namespace flashcell::host {

/// Something that makes a run's result less than it seems.
struct RunWarning {
  std::string what;    ///< and how much of it
  std::string advice;  ///< what to try, with the option's name

  std::string line() const { return what + "; " + advice; }
};

/// Everything that looks wrong about a finished run, the worst first; empty where nothing does. Terminal, report and
/// batch all say these. How a run ended is not among them: RunSummary::ending().
std::vector<RunWarning> run_warnings(const RunInfo& run, const RunSummary& summary);

}  // namespace flashcell::host
