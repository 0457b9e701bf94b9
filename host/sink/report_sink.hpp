#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "pipeline/run_summary.hpp"
#include "pipeline/sink.hpp"

namespace flashcell::host {

/// `report.html`: one self-contained page about the run (inline SVG and PNG, no script, no outside resource), written
/// at finish() from what went through and from `summary`, which the pipeline has completed by then. Memory does not
/// grow with the run.
std::unique_ptr<Sink> make_report_sink(std::filesystem::path path, std::shared_ptr<const RunSummary> summary);

}  // namespace flashcell::host
