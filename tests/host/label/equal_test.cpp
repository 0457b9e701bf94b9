// The fast labeller against the reference: the same bytes on every kind of frame, in every mode, on every vector
// instruction set.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "host/label/labeller.hpp"
#include "kernels_hls/contract/colour.hpp"
#include "kernels_hls/contract/hlac.hpp"
#include "tests/support/masks.hpp"
#include "tests/support/simd_targets.hpp"

namespace flashcell::host {
namespace {

using contract::Connectivity;
using contract::LabelParameters;

constexpr uint8_t kAllGrey = contract::kFeatureHlac | contract::kFeatureIntensity;
constexpr uint8_t kAllColour = kAllGrey | contract::kFeatureHue;

struct Picture {
  std::string name;
  BitImage mask;
};

struct Pixels {
  std::vector<uint8_t> bytes;
  FrameView view;
};

// Random pixels, many of them of few colours so that bins and peaks repeat.
Pixels random_pixels(int width, int height, PixelFormat format, uint32_t seed) {
  std::mt19937 random(seed);
  Pixels p;
  const ptrdiff_t stride = static_cast<ptrdiff_t>(width) * bytes_per_pixel(format) + 5;
  p.bytes.resize(stride * height);
  for (auto& byte : p.bytes) byte = static_cast<uint8_t>(random() % 3 == 0 ? random() & 0xE0 : random());
  p.view = {p.bytes.data(), width, height, stride, format};
  return p;
}

LabelParameters parameters_for(const BitImage& mask, Connectivity connectivity, uint8_t features) {
  LabelParameters p;
  p.width = static_cast<uint32_t>(mask.width());
  p.height = static_cast<uint32_t>(mask.height());
  p.connectivity = connectivity;
  p.features = features;
  p.max_objects = 1 << 20;
  return p;
}

std::string describe(const ObjectTable& t) {
  return std::to_string(t.summary.objects) + " objects, " + std::to_string(t.summary.lost) + " lost, " +
         std::to_string(t.summary.too_small) + " too small up to " + std::to_string(t.summary.largest_too_small) +
         " px, " + std::to_string(t.summary.too_large) + " too large from " +
         std::to_string(t.summary.smallest_too_large) + " px, " + std::to_string(t.summary.foreground) + " px";
}

void expect_same_bytes(const ObjectTable& expected, const ObjectTable& actual, const std::string& what) {
  ASSERT_EQ(describe(expected), describe(actual)) << what;
  ASSERT_EQ(expected.objects.size(), actual.objects.size()) << what;
  ASSERT_EQ(expected.summary.objects, expected.objects.size()) << what;
  ASSERT_EQ(expected.features.size(), actual.features.size()) << what;
  ASSERT_TRUE(expected.features.empty() || expected.features.size() == expected.objects.size()) << what;
  for (size_t i = 0; i < expected.objects.size(); ++i) {
    const contract::ObjectRecord &e = expected.objects[i], &a = actual.objects[i];
    ASSERT_EQ(e.first_pixel, a.first_pixel) << what << ", object " << i;
    ASSERT_EQ(e.m00, a.m00) << what << ", object " << i;
    ASSERT_EQ(0, std::memcmp(&e, &a, sizeof(e))) << what << ", object " << i << " of first pixel " << e.first_pixel;
    if (expected.features.empty()) continue;
    const contract::ObjectFeatures &ef = expected.features[i], &af = actual.features[i];
    ASSERT_EQ(0, std::memcmp(&ef, &af, sizeof(ef))) << what << ", features of object " << i;
  }
}

// Labels on the machine's best instruction set, or on all of them.
void check(const BitImage& mask, const FrameView& pixels, const LabelParameters& parameters, const std::string& what,
           bool all_targets) {
  ObjectTable expected;
  make_reference_labeller(parameters)->label(mask, pixels, 0, expected);
  const auto fast = make_fast_labeller(parameters);
  const auto run = [&](const char* target) {
    ObjectTable actual;
    fast->label(mask, pixels, 0, actual);
    expect_same_bytes(expected, actual, what + " on " + target);
  };
  if (all_targets) {
    test::for_each_simd_target(run);
  } else {
    run("the best target");
  }
}

constexpr Connectivity kModes[] = {Connectivity::cell, Connectivity::exact8, Connectivity::exact4};

void check_all_modes(const Picture& picture, uint8_t features, PixelFormat format, bool all_targets) {
  const Pixels pixels = random_pixels(picture.mask.width(), picture.mask.height(), format, 99);
  for (const Connectivity mode : kModes) {
    LabelParameters p = parameters_for(picture.mask, mode, features);
    const std::string what = picture.name + ", connectivity " + std::to_string(static_cast<int>(mode));
    check(picture.mask, pixels.view, p, what, all_targets);
    p.max_objects = 5;
    p.min_area = 2;
    p.max_area = 60;
    p.min_cell_pixels = 3;
    check(picture.mask, pixels.view, p, what + ", few and left out", false);
  }
}

std::vector<Picture> shapes(int width, int height) {
  std::vector<Picture> pictures;
  const auto add = [&](const char* name, auto inside) {
    pictures.push_back({std::string(name) + " " + std::to_string(width) + "x" + std::to_string(height),
                        test::drawn(width, height, inside)});
  };
  add("black", [](int, int) { return false; });
  add("white", [](int, int) { return true; });
  add("checkerboard", [](int x, int y) { return (x + y) % 2 == 0; });
  add("other checkerboard", [](int x, int y) { return (x + y) % 2 == 1; });
  add("points", [](int x, int y) { return x % 2 == 0 && y % 2 == 0; });
  add("points on odd rows", [](int x, int y) { return x % 2 == 1 && y % 2 == 1; });
  add("comb", [](int x, int y) { return x % 2 == 0 || y == 0; });
  add("comb from below", [height](int x, int y) { return x % 2 == 0 || y == height - 1; });
  add("horizontal lines", [](int, int y) { return y % 2 == 1; });
  add("diagonals", [](int x, int y) { return (x + y) % 3 == 0; });
  add("other diagonals", [](int x, int y) { return (x - y + 4096) % 3 == 0; });
  add("zigzag", [](int x, int y) { return (y + std::abs(x % 8 - 4)) % 5 == 0; });
  add("rings",
      [=](int x, int y) { return std::min(std::min(x, y), std::min(width - 1 - x, height - 1 - y)) % 2 == 0; });
  add("broken rings", [=](int x, int y) {
    return std::min(std::min(x, y), std::min(width - 1 - x, height - 1 - y)) % 2 == 0 && x != width / 2;
  });
  pictures.push_back({"spiral", test::spiral(width, height, 2)});
  pictures.push_back({"wide spiral", test::spiral(width, height, 4)});
  return pictures;
}

TEST(FastLabeller, EqualsReferenceOnShapes) {
  constexpr int kSizes[][2] = {{1, 1},   {1, 40},  {130, 1}, {2, 2},    {8, 8},   {9, 17},
                               {63, 15}, {64, 16}, {65, 33}, {200, 41}, {512, 24}};
  for (const auto& size : kSizes) {
    for (const Picture& picture : shapes(size[0], size[1]))
      check_all_modes(picture, kAllColour, PixelFormat::rgb8, true);
  }
}

TEST(FastLabeller, EqualsReferenceOnNoise) {
  constexpr double kDensities[] = {0.002, 0.02, 0.05, 0.1, 0.2, 0.3, 0.41, 0.5, 0.6, 0.75, 0.9, 0.98};
  uint32_t seed = 1;
  for (const double density : kDensities) {
    for (const auto& size : {std::pair{70, 50}, std::pair{127, 33}, std::pair{192, 64}, std::pair{333, 21}}) {
      const Picture picture{"noise " + std::to_string(density), test::noise(size.first, size.second, density, seed++)};
      check_all_modes(picture, kAllColour, seed % 2 == 0 ? PixelFormat::rgb8 : PixelFormat::bgr8, true);
      check_all_modes(picture, kAllGrey, seed % 2 == 0 ? PixelFormat::grey8 : PixelFormat::grey16, true);
    }
  }
}

TEST(FastLabeller, EqualsReferenceOnWholeFrames) {
  check_all_modes({"discs", test::discs(512, 512, 100, 10, 5)}, kAllColour, PixelFormat::rgb8, true);
  check_all_modes({"small discs", test::discs(512, 512, 1024, 4, 6)}, kAllColour, PixelFormat::bgr8, false);
  check_all_modes({"noise", test::noise(512, 512, 0.05, 7)}, kAllColour, PixelFormat::rgb8, false);
  check_all_modes({"dense noise", test::noise(512, 512, 0.5, 8)}, kAllColour, PixelFormat::rgb8, false);
}

TEST(FastLabeller, EqualsReferenceOnTheLargestFrame) {
  const BitImage discs = test::discs(4096, 4096, 3000, 40, 9);
  check(discs, {}, parameters_for(discs, Connectivity::exact8, contract::kFeatureHlac), "discs", false);
  const BitImage noise = test::noise(4096, 4096, 0.3, 10);
  check(noise, {}, parameters_for(noise, Connectivity::cell, 0), "noise", false);
  const BitImage white = test::drawn(4096, 4096, [](int, int) { return true; });
  check(white, {}, parameters_for(white, Connectivity::exact8, 0), "white", false);
}

// Every 4x4 pattern, at a corner of the frame and across the borders of words and cells.
TEST(FastLabeller, EqualsReferenceOnAllSmallPatterns) {
  constexpr int kWidth = 72, kHeight = 12;
  constexpr int kPlaces[][2] = {{0, 0}, {62, 6}};
  for (const Connectivity mode : kModes) {
    const LabelParameters p = parameters_for(BitImage(kWidth, kHeight), mode, contract::kFeatureHlac);
    const auto fast = make_fast_labeller(p), reference = make_reference_labeller(p);
    ObjectTable expected, actual;
    for (int pattern = 0; pattern < 1 << 16; ++pattern) {
      const auto& place = kPlaces[pattern % 2];
      BitImage mask(kWidth, kHeight);
      for (int i = 0; i < 16; ++i) {
        if (pattern >> i & 1) mask.set(place[0] + i % 4, place[1] + i / 4);
      }
      expected.clear();
      actual.clear();
      reference->label(mask, {}, 0, expected);
      fast->label(mask, {}, 0, actual);
      expect_same_bytes(expected, actual, "pattern " + std::to_string(pattern));
      if (HasFatalFailure()) return;
    }
  }
}

// Frames of one red each, a green a row, all blues in it. Every other row is an object of its own.
void check_hues(uint8_t saturation_floor, uint8_t value_floor, int first_red, int step, const std::string& what) {
  constexpr int kSide = 256;
  Pixels pixels;
  pixels.bytes.resize(3 * kSide * kSide);
  pixels.view = {pixels.bytes.data(), kSide, kSide, 3 * kSide, PixelFormat::rgb8};
  for (int odd = 0; odd < 2; ++odd) {
    const BitImage mask = test::drawn(kSide, kSide, [odd](int, int y) { return y % 2 == odd; });
    LabelParameters p = parameters_for(mask, Connectivity::exact8, contract::kFeatureHue);
    p.saturation_floor = saturation_floor;
    p.value_floor = value_floor;
    const auto labeller = make_fast_labeller(p);
    ObjectTable table;
    for (int red = first_red; red < kSide; red += step) {
      for (int i = 0; i < kSide * kSide; ++i) {
        pixels.bytes[3 * i] = static_cast<uint8_t>(red);
        pixels.bytes[3 * i + 1] = static_cast<uint8_t>(i / kSide);
        pixels.bytes[3 * i + 2] = static_cast<uint8_t>(i % kSide);
      }
      table.clear();
      labeller->label(mask, pixels.view, 0, table);
      ASSERT_EQ(table.features.size(), kSide / 2) << what;
      for (int k = 0; k < kSide / 2; ++k) {
        const int green = 2 * k + odd;
        uint32_t hue[contract::kHueBins] = {}, achromatic = 0;
        for (int blue = 0; blue < kSide; ++blue) {
          const contract::Hsv8 colour =
              contract::hsv8(static_cast<uint8_t>(red), static_cast<uint8_t>(green), static_cast<uint8_t>(blue));
          const bool chromatic = colour.s >= saturation_floor && colour.v >= value_floor;
          ++(chromatic ? hue[colour.h >> 4] : achromatic);
        }
        ASSERT_EQ(achromatic, table.features[k].achromatic) << what << ", red " << red << ", green " << green;
        ASSERT_TRUE(std::equal(hue, hue + contract::kHueBins, table.features[k].hue))
            << what << ", red " << red << ", green " << green;
      }
    }
  }
}

TEST(FastLabeller, FindsTheHuesOfAllColours) {
  check_hues(32, 32, 0, 1, "all colours");
}

TEST(FastLabeller, FindsHuesForAllFloors) {
  int red = 0;
  for (const auto& [saturation, value] : {std::pair{0, 0}, std::pair{1, 1}, std::pair{0, 255}, std::pair{255, 0},
                                          std::pair{100, 7}, std::pair{255, 255}}) {
    const uint8_t s = static_cast<uint8_t>(saturation), v = static_cast<uint8_t>(value);
    check_hues(s, v, red++, 11, "floors " + std::to_string(saturation) + " and " + std::to_string(value));
  }
  test::for_each_simd_target([](const char* target) {
    check_hues(0, 0, 0, 51, target);
    check_hues(32, 32, 1, 63, target);
  });
}

TEST(FastLabeller, EqualsReferenceOnSeveralColourClasses) {
  const BitImage first = test::noise(200, 120, 0.03, 11), second = test::discs(200, 120, 20, 6, 12);
  for (const Connectivity mode : kModes) {
    for (const uint32_t capacity : {3u, 100u, 400u, 100000u}) {
      LabelParameters p = parameters_for(first, mode, contract::kFeatureHlac);
      p.max_objects = capacity;
      const auto fast = make_fast_labeller(p), reference = make_reference_labeller(p);
      ObjectTable expected, actual;
      for (const auto& [mask, colour] : {std::pair{&first, 0u}, std::pair{&second, 3u}, std::pair{&first, 7u}}) {
        reference->label(*mask, {}, colour, expected);
        fast->label(*mask, {}, colour, actual);
      }
      expect_same_bytes(expected, actual, "capacity " + std::to_string(capacity));
      EXPECT_LE(actual.objects.size(), capacity);
    }
  }
}

TEST(FastLabeller, KeepsNothingFromTheFrameBefore) {
  const BitImage busy = test::noise(300, 200, 0.5, 13), calm = test::discs(300, 200, 5, 9, 14);
  for (const Connectivity mode : kModes) {
    const LabelParameters p = parameters_for(busy, mode, contract::kFeatureHlac);
    const auto reused = make_fast_labeller(p);
    ObjectTable fresh, again;
    make_fast_labeller(p)->label(calm, {}, 0, fresh);
    reused->label(busy, {}, 0, again);
    again.clear();
    reused->label(calm, {}, 0, again);
    expect_same_bytes(fresh, again, "mode " + std::to_string(static_cast<int>(mode)));
  }
}

}  // namespace
}  // namespace flashcell::host
