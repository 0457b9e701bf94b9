#pragma once
#include <cstdint>
#include <vector>

#include "host/segment/segmenter.hpp"

namespace flashcell::host {

/// The contract's colour table (contract/cell_label_launch.hpp): one byte for each 8x8x8 cube of RGB, index (r/8 * 32 +
/// g/8) * 32 + b/8; bit i is set when the cube's middle (r/8*8 + 4, …) has hue, saturation and value
/// (contract/colour.hpp) in class i. So a colour within 4 levels of a class's boundary may go either way; a colour may
/// belong to several classes.
std::vector<uint8_t> make_colour_table(const std::vector<ColourClass>& classes);

}  // namespace flashcell::host
