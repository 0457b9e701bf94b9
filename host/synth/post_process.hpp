#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace flashcell::host {

/// Gaussian blur of standard deviation `sigma` px (0..10), in place; edges repeat. Integer arithmetic.
void blur_image(uint8_t* pixels, ptrdiff_t stride, int width, int height, int channels, double sigma);

/// Multiplies the samples of each column by its factor, in 65536ths; clamped to 255.
void scale_columns(uint8_t* pixels, ptrdiff_t stride, int height, int channels, std::span<const int32_t> factors);

/// Adds noise of standard deviation `sigma` to rows of `row_bytes` samples: the sum of four uniform bytes, nearly
/// Gaussian, cut off at 3.45 sigma; clamped to 0..255. `key` names the noise.
void add_noise(uint8_t* pixels, ptrdiff_t stride, int row_bytes, int height, double sigma, uint64_t key);

}  // namespace flashcell::host
