#pragma once
#include <string>
#include <utility>
#include <vector>

#include "quant_models/train/checkpoint.hpp"

namespace flashcell::quant {

/// An SVG picture: for each named stage the loss (dashed, its own largest value at the top) and the figure on the test
/// data (0 to 1) over the epochs.
std::string draw_learning_curve(const std::string& title,
                                const std::vector<std::pair<std::string, std::vector<EpochRecord>>>& stages);

}  // namespace flashcell::quant
