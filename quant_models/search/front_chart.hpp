#pragma once
#include <string>

#include "quant_models/search/mixed_precision.hpp"

namespace flashcell::quant {

/// A picture of a search (SVG): perturbation, on a logarithmic scale, over memory of weights and over bit operations;
/// the points of the front, coloured by the axis that the panel does not show, settings with the same bits everywhere
/// and what was chosen. Of points that fall on the same spot one is drawn. No scripts, no outside files.
std::string draw_front(const std::string& title, const MixedPrecision& found);

}  // namespace flashcell::quant
