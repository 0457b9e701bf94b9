#include "host/segment/colour_table.hpp"

#include "kernels_hls/contract/cell_label_launch.hpp"
#include "kernels_hls/contract/colour.hpp"

namespace flashcell::host {
namespace {

using contract::kColourTableSide;

bool contains(const ColourClass& c, contract::Hsv8 colour) {
  const bool hue = c.hue_low <= c.hue_high ? c.hue_low <= colour.h && colour.h <= c.hue_high
                                           : c.hue_low <= colour.h || colour.h <= c.hue_high;
  return hue && c.saturation_low <= colour.s && colour.s <= c.saturation_high && c.value_low <= colour.v &&
         colour.v <= c.value_high;
}

uint8_t middle(int bin) {
  constexpr int kStep = 256 / kColourTableSide;
  return static_cast<uint8_t>(bin * kStep + kStep / 2);
}

}  // namespace

std::vector<uint8_t> make_colour_table(const std::vector<ColourClass>& classes) {
  std::vector<uint8_t> table;
  table.reserve(kColourTableSide * kColourTableSide * kColourTableSide);
  for (int r = 0; r < kColourTableSide; ++r) {
    for (int g = 0; g < kColourTableSide; ++g) {
      for (int b = 0; b < kColourTableSide; ++b) {
        const contract::Hsv8 colour = contract::hsv8(middle(r), middle(g), middle(b));
        unsigned bits = 0;
        for (size_t i = 0; i < classes.size(); ++i) bits |= unsigned{contains(classes[i], colour)} << i;
        table.push_back(static_cast<uint8_t>(bits));
      }
    }
  }
  return table;
}

}  // namespace flashcell::host
