// Which ways to say how large a pixel is go together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "host/config/config.hpp"

namespace flashcell::host {
namespace {

using testing::HasSubstr;

constexpr const char* kLens =
    "[lens]\nfx = 600\nfy = 600\ncx = 320\ncy = 240\nk1 = -0.3\nk2 = 0.1\nwidth = 640\nheight = 480\n";
constexpr const char* kPlane = "[plane]\nhomography = [0.1, 0, 0, 0, 0.1, 0, 0, 0.001, 1]\n";

Config parsed(const std::string& toml) {
  Config config;
  parse_config(toml, "rig.toml", config);
  return config;
}

std::string error_of_map(const std::string& toml, int width = 640, int height = 480) {
  try {
    world_map(parsed(toml), width, height);
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::usage);
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
    return e.what();
  }
  return "no error";
}

std::string input(const std::string& keys) {
  return "[input]\n" + keys + "\n";
}

TEST(ConfigWorldMap, NoUnitIsPx) {
  EXPECT_TRUE(world_map(Config{}, 640, 480).in_px());
  EXPECT_TRUE(world_map(parsed(input("units_per_pixel = 1")), 640, 480).in_px());
}

TEST(ConfigWorldMap, TwoPointsOfARulerAreAScale) {
  const WorldMap map =
      world_map(parsed(input("unit = \"mm\"\nscale_points = [[10, 20], [310, 420]]\nscale_length = 40")), 640, 480);
  EXPECT_TRUE(map.uniform());
  EXPECT_DOUBLE_EQ(map.units_per_pixel(0, 0), 40.0 / 500);
}

TEST(ConfigWorldMap, TheRulersLengthIsThatWithoutTheLens) {
  const WorldMap map = world_map(
      parsed(std::string(kLens) + input("unit = \"mm\"\nscale_points = [[20, 30], [600, 450]]\nscale_length = 40")),
      640, 480);
  const MappedPlace a = map.at(20, 30), b = map.at(600, 450);
  EXPECT_NEAR(std::hypot(a.x - b.x, a.y - b.y), 40, 1e-9);
  EXPECT_FALSE(map.uniform());
  EXPECT_GT(map.units_per_pixel(20, 30), 1.1 * map.units_per_pixel(320, 240)) << "the lens makes the border smaller";
}

TEST(ConfigWorldMap, APlaneIsTakenAsItIs) {
  const WorldMap map = world_map(parsed(std::string(kPlane) + input("unit = \"cm\"")), 640, 480);
  EXPECT_DOUBLE_EQ(map.at(100, 1000).x, 5);
  EXPECT_EQ(map.unit(), "cm");
}

TEST(ConfigWorldMap, WhatDoesNotFitIsOneLineThatNamesTheKeys) {
  const std::string mm = input("unit = \"mm\""), lens = kLens, plane = kPlane;
  EXPECT_THAT(error_of_map(input("units_per_pixel = 0.1")), HasSubstr("--input.unit"));
  EXPECT_THAT(error_of_map(input("scale_points = [[0, 0], [1, 1]]\nscale_length = 3")), HasSubstr("--input.unit"));
  EXPECT_THAT(error_of_map(plane), HasSubstr("--input.unit"));
  EXPECT_THAT(error_of_map(lens), HasSubstr("input.unit"));
  EXPECT_THAT(error_of_map(mm), HasSubstr("input.units_per_pixel"));
  EXPECT_THAT(error_of_map(mm + lens), HasSubstr("input.units_per_pixel"));
  const std::string points = "unit = \"mm\"\nscale_points = [[0, 0], [1, 1]]\n";
  EXPECT_THAT(error_of_map(input(points)), HasSubstr("input.scale_length"));
  EXPECT_THAT(error_of_map(input("unit = \"mm\"\nscale_length = 3")), HasSubstr("input.scale_points"));
  EXPECT_THAT(error_of_map(input("unit = \"mm\"\nscale_length = 3\nscale_points = [[0, 0], [1, 1], [2, 2]]")),
              HasSubstr("there are 3"));
  EXPECT_THAT(error_of_map(input("unit = \"mm\"\nscale_length = 3\nscale_points = [[1, 1], [1, 1]]")),
              HasSubstr("same point"));
  EXPECT_THAT(error_of_map(input(points + "scale_length = 3\nunits_per_pixel = 0.1")),
              AllOf(HasSubstr("input.units_per_pixel"), HasSubstr("input.scale_length")));
  EXPECT_THAT(error_of_map(input(points + "scale_length = 3") + plane),
              AllOf(HasSubstr("plane.homography"), HasSubstr("input.scale_length")));
  EXPECT_THAT(error_of_map(input("unit = \"mm\"\nunits_per_pixel = 0.1") + plane),
              AllOf(HasSubstr("plane.homography"), HasSubstr("input.units_per_pixel")));
  EXPECT_THAT(error_of_map(mm + "[plane]\nhomography = [1, 0, 0, 1, 0, 0, 0, 0, 1]\n"), HasSubstr("plane.homography"));
  EXPECT_THAT(error_of_map(mm + "[plane]\nhomography = [1, 0, 0, 0, 1, 0, 1, 0, 0]\n"), HasSubstr("plane.homography"));
}

TEST(ConfigWorldMap, ALensHoldsForPicturesOfItsSize) {
  const std::string toml = std::string(kLens) + input("unit = \"mm\"\nunits_per_pixel = 0.1");
  EXPECT_EQ(error_of_map(toml), "no error");
  EXPECT_THAT(error_of_map(toml, 1280, 960), AllOf(HasSubstr("640x480"), HasSubstr("1280x960")));
  EXPECT_EQ(error_of_map(toml, 0, 0), "no error") << "a size that is not known";
  EXPECT_THAT(error_of_map("[lens]\nk1 = 0.1\n"), HasSubstr("fx"));
  EXPECT_THAT(error_of_map("[lens]\nfx = 100\n"), HasSubstr("lens.fy"));
  EXPECT_THAT(error_of_map("[lens]\nfx = 100\nfy = 100\n"), HasSubstr("lens.width"));
}

TEST(ConfigWorldMap, EightNumbersAreNoPlane) {
  EXPECT_THROW(parsed("[plane]\nhomography = [1, 2, 3, 4, 5, 6, 7, 8]\n"), Error);
}

}  // namespace
}  // namespace flashcell::host
