#pragma once
#include <string>
#include <vector>

#include "quant_models/report/error_report.hpp"

namespace flashcell::quant {

/// A picture of the report (SVG): a row for each value with its SQNR as a bar (60 dB and more fill it), from red (below
/// 10 dB) over yellow to green, 1 - cosine and the bits of weights and value. No scripts, no outside files.
std::string draw_errors(const std::string& title, const std::vector<ValueError>& report);

}  // namespace flashcell::quant
