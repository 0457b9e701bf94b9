#pragma once
#include <cstdint>

// The arithmetic of the adaptive mean on 8-bit frames, for windows whose sums of one row stay within 15 bits. Rows come
// and go in words of 64 pixels; their lengths in bytes are whole cache lines.
namespace flashcell::host {

/// Largest window (odd, px) that these routines take: 127 * 255 < 2^15, and 127^2 < 2^15.
constexpr int kMaxStepWindow = 127;

/// Sums of `window` neighbours along one row: sums[x] = pixels[x] + … + pixels[x + window - 1] for x < `words` * 64.
/// Reads 64 * words + window + 7 pixels at most. `prefix` is scratch for as many levels; prefix[-1] must be 0.
void window_sums_row(const uint8_t* pixels, int words, int window, uint16_t* prefix, uint16_t* sums);

/// balance[x] += entering[x] - leaving[x], in an order of x that is adaptive_row()'s own.
void move_window(const uint16_t* entering, const uint16_t* leaving, int words, int32_t* balance);

/// Foreground where balance[x] < grey_weight * grey[x], |grey_weight| < 2^15; then moves the window on.
void adaptive_row(const uint8_t* grey, int words, int grey_weight, const uint16_t* entering, const uint16_t* leaving,
                  int32_t* balance, uint64_t* mask);

}  // namespace flashcell::host
