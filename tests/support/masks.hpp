#pragma once
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "host/label/bit_image.hpp"

// Binary test pictures.
namespace flashcell::test {

/// Uniform in 0 .. n-1, the same on every library.
inline uint32_t below(std::mt19937& random, uint32_t n) {
  return static_cast<uint32_t>((static_cast<uint64_t>(random()) * n) >> 32);
}

inline host::BitImage noise(int width, int height, double density, uint32_t seed) {
  std::mt19937 random(seed);
  host::BitImage mask(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if (random() < density * 4294967296.0) mask.set(x, y);
    }
  }
  return mask;
}

/// Filled discs at random places, wholly inside; they may overlap.
inline host::BitImage discs(int width, int height, int count, int radius, uint32_t seed) {
  std::mt19937 random(seed);
  host::BitImage mask(width, height);
  for (int i = 0; i < count; ++i) {
    const int cx = radius + static_cast<int>(below(random, static_cast<uint32_t>(width - 2 * radius)));
    const int cy = radius + static_cast<int>(below(random, static_cast<uint32_t>(height - 2 * radius)));
    for (int y = -radius; y <= radius; ++y) {
      for (int x = -radius; x <= radius; ++x) {
        if (x * x + y * y <= radius * radius) mask.set(cx + x, cy + y);
      }
    }
  }
  return mask;
}

/// Every pixel for which inside(x, y) holds.
template <class Inside>
host::BitImage drawn(int width, int height, Inside inside) {
  host::BitImage mask(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if (inside(x, y)) mask.set(x, y);
    }
  }
  return mask;
}

/// One line, wound from the top left corner to the centre with turns `pitch` px apart: a single object whose parts join
/// late.
inline host::BitImage spiral(int width, int height, int pitch) {
  constexpr int kDx[4] = {1, 0, -1, 0}, kDy[4] = {0, 1, 0, -1};
  host::BitImage mask(width, height);
  const auto is_free = [&](int x, int y) { return x < 0 || x >= width || y < 0 || y >= height || !mask.get(x, y); };
  int x = 0, y = 0;
  mask.set(x, y);
  for (int direction = 0, turns = 0; turns < 2;) {
    const int dx = kDx[direction], dy = kDy[direction];
    const bool inside = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
    if (inside && is_free(x + dx, y + dy) && is_free(x + pitch * dx, y + pitch * dy)) {
      x += dx;
      y += dy;
      mask.set(x, y);
      turns = 0;
    } else {
      direction = (direction + 1) % 4;
      ++turns;
    }
  }
  return mask;
}

/// The mask as grey8 pixels, 0 and 255.
inline std::vector<uint8_t> grey(const host::BitImage& mask) {
  std::vector<uint8_t> pixels(static_cast<size_t>(mask.width()) * mask.height());
  for (int y = 0; y < mask.height(); ++y) {
    for (int x = 0; x < mask.width(); ++x) pixels[static_cast<size_t>(y) * mask.width() + x] = mask.get(x, y) ? 255 : 0;
  }
  return pixels;
}

}  // namespace flashcell::test
