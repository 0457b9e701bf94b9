#include "tracking/pixel_split.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/tracking/touching_scene.hpp"

namespace flashcell::test {
namespace {

using tracking::Part;
using tracking::PixelPart;
using tracking::PixelSplit;
using tracking::Spread;

/// What was known of an animal before it touched others, where it is thought to be.
Part known(const Ellipse& animal, double off_x, double off_y, double off_turn) {
  const double c = std::cos(animal.turn + off_turn), s = std::sin(animal.turn + off_turn);
  const double a = animal.a * animal.a / 4, b = animal.b * animal.b / 4;
  return {3.14159265 * animal.a * animal.b,
          {a * c * c + b * s * s, (a - b) * c * s, a * s * s + b * c * c},
          animal.x + off_x,
          animal.y + off_y};
}

std::vector<tracking::PixelRun> pixels_of(const std::vector<Ellipse>& animals) {
  std::vector<tracking::PixelRun> runs;
  for (const Ellipse& animal : animals) add_runs(animal, runs);
  const Sight sight = see(0, runs);
  EXPECT_EQ(sight.pixels.size(), 1u) << "the animals do not touch";
  return sight.pixels.at(0);
}

TEST(PixelSplit, ThreeThatTouchAreFoundWithinAFractionOfAPixel) {
  std::mt19937 random(3);
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  double squares = 0, worst = 0;
  for (int trial = 0; trial < 100; ++trial) {
    const double angle = uniform(0, 3.14);
    const std::vector<Ellipse> animals{{100, 100, 14, 7, angle},
                                       {100 + 13 * std::sin(angle), 100 - 13 * std::cos(angle), 14, 7, angle},
                                       {100 + 20 * std::cos(angle), 100 + 20 * std::sin(angle), 14, 7, angle + 1.5708}};
    std::vector<Part> parts;
    for (const Ellipse& animal : animals)
      parts.push_back(known(animal, uniform(-3, 3), uniform(-3, 3), uniform(-0.3, 0.3)));
    PixelSplit split;
    const auto found = split.split(pixels_of(animals), parts);
    ASSERT_EQ(found.size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(found[i].shown);
      const double off = std::hypot(found[i].x - animals[i].x, found[i].y - animals[i].y);
      squares += off * off;
      worst = std::max(worst, off);
      EXPECT_NEAR(found[i].area, parts[i].area, 0.12 * parts[i].area);
    }
  }
  EXPECT_LT(std::sqrt(squares / 300), 0.4);
  EXPECT_LT(worst, 1.5);
}

TEST(PixelSplit, EveryPixelIsSharedOutOnce) {
  const std::vector<Ellipse> animals{{60, 60, 15, 8, 0.3}, {72, 74, 12, 9, 1.2}};
  const auto runs = pixels_of(animals);
  double pixels = 0;
  for (const auto& run : runs) pixels += run.last - run.first + 1;
  PixelSplit split;
  // Known a little smaller than they are: nothing of them is hidden.
  std::vector<Part> parts{known(animals[0], 1, 1, 0), known(animals[1], 0, -1, 0)};
  for (Part& part : parts) part.area *= 0.9;
  const auto found = split.split(runs, parts);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NEAR(found[0].area + found[1].area, pixels, 1e-6);
}

TEST(PixelSplit, OneThatLiesOverTheOtherHidesSomeOfIt) {
  const std::vector<Ellipse> animals{{60, 60, 16, 8, 0}, {72, 63, 16, 8, 1.4}};
  PixelSplit split;
  const auto found =
      split.split(pixels_of(animals), std::vector<Part>{known(animals[0], 2, 0, 0.2), known(animals[1], -1, 2, -0.2)});
  ASSERT_EQ(found.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(found[i].x, animals[i].x, 1.2);
    EXPECT_NEAR(found[i].y, animals[i].y, 1.2);
    EXPECT_GT(found[i].variance, 0);
  }
}

TEST(PixelSplit, WhatIsNotTheirsIsLeftOut) {
  // One known animal at the end of a long bar.
  std::vector<tracking::PixelRun> runs;
  for (int y = 90; y < 110; ++y) runs.push_back({y, 100, 260});
  PixelSplit split;
  const Part animal{20 * 20, {33.25, 0, 33.25}, 112, 100};
  const auto found = split.split(runs, std::vector<Part>{animal});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].shown);
  EXPECT_LT(found[0].area, 1.6 * animal.area);
  EXPECT_NEAR(found[0].x, 112, 8);
}

TEST(PixelSplit, OneThatIsElsewhereIsNotShown) {
  const std::vector<Ellipse> animals{{60, 60, 16, 8, 0}};
  PixelSplit split;
  const auto found =
      split.split(pixels_of(animals), std::vector<Part>{known(animals[0], 0, 0, 0), known(animals[0], 300, 0, 0)});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(found[0].shown);
  EXPECT_FALSE(found[1].shown);
}

TEST(PixelSplit, NoPixelsSayNothing) {
  PixelSplit split;
  EXPECT_TRUE(split.split({}, std::vector<Part>{{100, {8, 0, 8}, 5, 5}}).empty());
}

}  // namespace
}  // namespace flashcell::test
