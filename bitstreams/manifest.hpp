#pragma once
#include <string>

#include "bitstreams/build_plan.hpp"
#include "bitstreams/reports.hpp"

namespace flashcell::bitstreams {

/// What lies beside a bitstream: what it was made from and what came out, as JSON. Figures whose report was missing are
/// null, never guessed.
std::string manifest_text(const BuildPlan& plan, const std::string& source_revision, const std::string& tool_version,
                          const BuildFigures& figures);

}  // namespace flashcell::bitstreams
