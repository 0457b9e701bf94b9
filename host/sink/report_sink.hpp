#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/sink.hpp"

namespace flashcell::host {

/// `report.html`: one self-contained page about the run (inline SVG and PNG, nothing from outside), and beside it the
/// files of report_table_names() with its charts' numbers, written at finish() from what went through and from the
/// summary. `path_of` says where a file of a name goes. Memory does not grow with the run.
std::unique_ptr<Sink> make_report_sink(std::function<std::filesystem::path(const std::string& name)> path_of);

/// The names of all these files.
std::vector<std::string> report_file_names();

}  // namespace flashcell::host
