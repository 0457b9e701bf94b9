#pragma once
#include <string>
#include <vector>

#include "kernels_hls/contract/board.hpp"
#include "quant_models/search/choose_point.hpp"
#include "quant_models/search/search_space.hpp"

namespace flashcell::host {

/// Where time is counted: a board by the name that `model --board` takes, "cpu" for this processor: nullptr. Throws
/// Error(Fault::usage) for other names.
const contract::Board* time_board(const std::string& name);

/// "0.2MB" (weights, 2^20 bytes), "1.5GBOPs" (multiply-accumulates x bits x bits), "300us" or "2000fps": a limit in
/// SearchCosts' units, time in nanoseconds on this processor and in clocks on a board. Throws Error(Fault::usage).
quant::SearchLimit parse_budget(const std::string& text, const contract::Board* board);

/// Bits to choose from, as quant::parse_bit_choices() reads them. Throws Error(Fault::usage).
quant::BitChoices parse_choices(const std::string& text);

bool bounds_time(const std::vector<quant::SearchLimit>& limits);

}  // namespace flashcell::host
