#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "pipeline/run_summary.hpp"
#include "pipeline/sink.hpp"

namespace flashcell::host {

/// `summary.json`: what finish() is told. Times in s, latencies in ns.
std::unique_ptr<Sink> make_summary_sink(std::filesystem::path path);

/// The same as text, for `--json` on standard output.
std::string summary_json(const RunInfo& run, const RunSummary& summary);

}  // namespace flashcell::host
