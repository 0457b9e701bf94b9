#pragma once
#include <array>
#include <cstdint>

namespace flashcell::host {

struct Rgb {
  uint8_t r, g, b;
};

/// Okabe and Ito's colours for all kinds of colour vision (2008), without black, and two light tones of theirs; all
/// stand out on a dark frame.
constexpr std::array<Rgb, 9> kTrackColours = {{{86, 180, 233},
                                               {230, 159, 0},
                                               {0, 158, 115},
                                               {240, 228, 66},
                                               {213, 94, 0},
                                               {204, 121, 167},
                                               {58, 134, 214},
                                               {153, 221, 255},
                                               {255, 170, 153}}};

/// Colour of a track: neighbouring ids differ.
constexpr Rgb track_colour(uint32_t id) {
  return kTrackColours[(id + 8) % kTrackColours.size()];
}

}  // namespace flashcell::host
