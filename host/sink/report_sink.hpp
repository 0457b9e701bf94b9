#pragma once
#include <filesystem>
#include <memory>

#include "pipeline/sink.hpp"

namespace flashcell::host {

/// `report.html`: one self-contained page about the run (inline SVG and PNG, no script, no outside resource), written
/// at finish() from what went through and from the summary. Memory does not grow with the run.
std::unique_ptr<Sink> make_report_sink(std::filesystem::path path);

}  // namespace flashcell::host
