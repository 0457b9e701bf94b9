#include "host/driving/driving_scene.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "host/driving/driving_set.hpp"
#include "host/driving/painter.hpp"
#include "tests/support/json.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;

DrivingParameters small_scene(uint64_t seed, bool night) {
  DrivingParameters parameters;
  parameters.width = 160;
  parameters.height = 120;
  parameters.seed = seed;
  parameters.night = night;
  return parameters;
}

double mean(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value);
  return sum / static_cast<double>(values.size());
}

std::vector<float> light_of(const DrivingScene& scene, double moment) {
  std::vector<float> light(static_cast<size_t>(scene.parameters().width) * scene.parameters().height);
  scene.light(moment, light);
  return light;
}

// The exact area of a polygon is what its pixels' coverage adds up to.
TEST(Painter, CoverageAddsUpToThePolygonsArea) {
  LightImage image(60, 50);
  Painter painter(image, StreetCamera{});
  painter.begin(3);
  const std::vector<Point2> corners{{10.3F, 7.1F}, {48.9F, 20.4F}, {25.2F, 44.7F}};
  painter.polygon(std::span<const Point2>(corners), {1, 1, 1});
  double sum = 0;
  int owned = 0;
  for (size_t i = 0; i < image.light.size(); ++i) {
    sum += static_cast<double>(image.light[i].green);
    owned += image.owner[i] == 3;
  }
  const double area = 0.5 * std::abs((48.9 - 10.3) * (44.7 - 7.1) - (25.2 - 10.3) * (20.4 - 7.1));
  EXPECT_NEAR(sum, area, 0.005 * area);
  EXPECT_EQ(painter.silhouette().pixels, owned);
  EXPECT_NEAR(owned, area, 0.02 * area);
}

TEST(Painter, WhatIsBehindTheCameraIsCutOff) {
  LightImage image(60, 50);
  StreetCamera camera;
  camera.focal = 50;
  camera.centre_x = 30;
  camera.horizon = 20;
  Painter painter(image, camera);
  painter.begin(1);
  // The road from behind the camera to far away: everything below the horizon, left and right of the middle.
  const std::vector<Point3> road{{-100, 0, -10}, {100, 0, -10}, {100, 0, 1000}, {-100, 0, 1000}};
  painter.polygon(std::span<const Point3>(road), {1, 1, 1});
  EXPECT_EQ(image.owner[49 * 60 + 30], 1);
  EXPECT_EQ(image.owner[21 * 60 + 30], 1);
  EXPECT_EQ(image.owner[19 * 60 + 30], 0);
  EXPECT_EQ(painter.silhouette().bottom, 49);
}

// A road user alone in the picture: its silhouette is what its pixels are.
TEST(DrivingScene, SilhouettesAreExact) {
  const Street street(small_scene(1, true));
  StreetCamera camera;
  camera.focal = 136;
  camera.centre_x = 80;
  camera.horizon = 53;
  for (uint32_t i = 0; i < 90; ++i) {
    RoadUser user;
    user.kind = static_cast<RoadUserKind>(i % 3);
    user.z = 4 + static_cast<float>(i % 17);
    user.x = (static_cast<float>(i * 7 % 10) / 9 - 0.5F) * user.z;
    user.speed_x = i % 4 == 0 ? 3.0F : i % 4 == 1 ? -3.0F : 0.0F;
    user.speed_z = user.speed_x != 0 ? 0.0F : i % 4 == 2 ? 4.0F : -4.0F;
    user.towards = user.speed_z < 0;
    user.look = i * 2654435761U;
    LightImage image(160, 120);
    Painter painter(image, camera);
    std::vector<VisibleLamp> lamps;
    draw_road_user(user, 7, 0.1F, street, painter, lamps);
    Silhouette plain;
    for (int y = 0; y < 120; ++y) {
      for (int x = 0; x < 160; ++x) {
        if (image.owner[static_cast<size_t>(y) * 160 + static_cast<size_t>(x)] != 7) continue;
        ++plain.pixels;
        plain.left = std::min(plain.left, x);
        plain.right = std::max(plain.right, x);
        plain.top = std::min(plain.top, y);
        plain.bottom = std::max(plain.bottom, y);
      }
    }
    const Silhouette& told = painter.silhouette();
    EXPECT_GT(plain.pixels, 0) << i;
    EXPECT_EQ(told.pixels, plain.pixels) << i;
    EXPECT_EQ(told.left, plain.left) << i;
    EXPECT_EQ(told.right, plain.right) << i;
    EXPECT_EQ(told.top, plain.top) << i;
    EXPECT_EQ(told.bottom, plain.bottom) << i;
  }
}

TEST(DrivingScene, BoxesLieInThePictureAndHoldWhatIsVisible) {
  size_t boxes = 0;
  std::map<RoadUserKind, int> kinds;
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    for (const bool night : {false, true}) {
      const DrivingScene scene(small_scene(seed, night));
      const DrivingPicture picture = scene.render(0.3);
      ASSERT_EQ(picture.rgb.size(), 3U * 160 * 120);
      double farthest = 1e9;
      for (const DrivingBox& box : picture.boxes) {
        EXPECT_GE(box.left, 0);
        EXPECT_GE(box.top, 0);
        EXPECT_LE(box.left + box.width, 160);
        EXPECT_LE(box.top + box.height, 120);
        EXPECT_GE(box.pixels, 24);
        EXPECT_LE(box.pixels, box.width * box.height);
        EXPECT_GE(box.visible, 0);
        EXPECT_LE(box.visible, 1);
        EXPECT_LE(box.distance, farthest) << "the nearest last";
        farthest = box.distance;
        ++kinds[box.kind];
        ++boxes;
      }
    }
  }
  EXPECT_GT(boxes, 60U);
  EXPECT_EQ(kinds.size(), 3U) << "cars, people and bicycles";
}

TEST(DrivingScene, NightsAreDarkInTheStreetAndDaysAreNot) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    const DrivingScene day(small_scene(seed, false)), night(small_scene(seed, true));
    EXPECT_GT(mean(light_of(day, 0)), 50 * mean(light_of(night, 0)));
    const Exposure by_day = day.render(0).exposure, by_night = night.render(0).exposure;
    EXPECT_LT(by_day.seconds, 2e-3);
    EXPECT_EQ(by_day.gain, 1);
    EXPECT_GT(by_night.seconds, 5e-3);
  }
}

TEST(DrivingScene, TheSameSeedIsTheSamePictureAndAnotherOneIsNot) {
  const DrivingScene a(small_scene(3, true)), b(small_scene(3, true)), c(small_scene(4, true));
  EXPECT_EQ(a.render(0.2).rgb, b.render(0.2).rgb);
  EXPECT_NE(a.render(0.2).rgb, c.render(0.2).rgb);
  EXPECT_NE(a.render(0.2).rgb, a.render(0.25).rgb);
}

// A step is short enough: between its ends boxes hardly move. (One that ends at something thin may jump.)
TEST(DrivingScene, ThingsMoveByAboutAPixelAStep) {
  int edges = 0, moved = 0;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const DrivingScene scene(small_scene(seed, false));
    const double step = scene.step(0.2);
    EXPECT_GE(step, 0.5e-3);
    EXPECT_LE(step, 5e-3);
    std::map<int, DrivingBox> before;
    for (const DrivingBox& box : scene.render(0.2).boxes) before[box.id] = box;
    for (const DrivingBox& box : scene.render(0.2 + step).boxes) {
      if (!before.contains(box.id)) continue;
      edges += 2;
      moved += std::abs(box.left - before[box.id].left) > 2;
      moved += std::abs(box.top - before[box.id].top) > 2;
    }
  }
  EXPECT_GT(edges, 50);
  EXPECT_LE(20 * moved, edges);
}

TEST(DrivingScene, EventsComeFromWhatMoves) {
  EventSensor sensor = EventSensor::ideal();
  const DrivingScene scene(small_scene(2, false));
  std::vector<Event> once, twice;
  DrivingEvents first(scene, sensor), second(scene, sensor, 0, 2);
  first.advance(0.05, once);
  second.advance(0.02, twice);
  second.advance(0.05, twice);
  EXPECT_GT(once.size(), 500U);
  EXPECT_TRUE(
      std::is_sorted(once.begin(), once.end(), [](const Event& a, const Event& b) { return a.time_us < b.time_us; }));
  EXPECT_GT(once.back().time_us, 45'000);
  EXPECT_LE(once.back().time_us, 50'000);
  EXPECT_GT(twice.size(), 500U);
}

TEST(DrivingScene, WrongParametersAreRefused) {
  DrivingParameters parameters;
  parameters.width = 8;
  EXPECT_THROW(DrivingScene{parameters}, Error);
  parameters.width = 320;
  parameters.seconds = 0;
  EXPECT_THROW(DrivingScene{parameters}, Error);
}

// Photon and read noise, by the formula, of an even light.
TEST(RgbCamera, NoiseIsThatOfElectronsAndReadout) {
  LightImage image(200, 100);
  std::fill(image.light.begin(), image.light.end(), Colour{0.8F, 0.8F, 0.8F});
  const Exposure exposure{0.02, 16};
  const std::vector<uint8_t> rgb = expose(image, exposure, 7);
  const double electrons = 0.8 * kElectronsPerLux * 0.02, white = kFullWell / 16;
  double sum = 0, squares = 0;
  for (const uint8_t value : rgb) {
    const double e = (value / 255.0) * (value / 255.0) * white;
    sum += e;
    squares += e * e;
  }
  const double n = static_cast<double>(rgb.size()), average = sum / n,
               deviation = std::sqrt(squares / n - average * average);
  EXPECT_NEAR(average, electrons, 0.4);
  EXPECT_NEAR(deviation, std::sqrt(electrons + kReadNoise * kReadNoise), 0.03 * deviation);
}

class DrivingSets : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::string text(const fs::path& file) const {
    std::ifstream in(folder_ / file, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }

  fs::path folder_ = fs::temp_directory_path() / ("flashcell_driving_" + std::to_string(getpid()));
};

TEST_F(DrivingSets, LabelsOfAllFilesAreThoseOfTheScenes) {
  DrivingSet set;
  set.scenes = 2;
  set.frames = 2;
  set.width = 128;
  set.height = 96;
  set.seed = 5;
  std::vector<DrivingLabels> labels;
  for (int scene = 0; scene < set.scenes; ++scene) {
    fs::create_directories(folder_ / driving_scene_name(scene));
    write_driving_scene(set, scene, folder_ / driving_scene_name(scene), labels, {});
  }
  write_driving_labels(set, folder_, labels);
  ASSERT_EQ(labels.size(), 4U);
  EXPECT_FALSE(labels[0].night);
  EXPECT_TRUE(labels[2].night);

  const auto coco = test::parse_json(text("boxes.json"));
  ASSERT_EQ(coco["images"].size(), 4U);
  EXPECT_EQ(coco["categories"][2]["name"], "car");
  const std::string rows = text("labels.csv");
  size_t boxes = 0;
  for (const DrivingLabels& picture : labels) boxes += picture.boxes.size();
  EXPECT_EQ(coco["annotations"].size(), boxes);
  EXPECT_EQ(static_cast<size_t>(std::count(rows.begin(), rows.end(), '\n')), boxes);
  for (const auto& image : coco["images"]) {
    const cv::Mat picture = cv::imread((folder_ / image["file_name"].get<std::string>()).string());
    EXPECT_EQ(picture.size(), cv::Size(128, 96));
    EXPECT_GT(fs::file_size(folder_ / image["events"].get<std::string>()), 1000U);
  }
  // The boxes are those of the scene at the picture's time, in the events' clock.
  DrivingParameters parameters;
  parameters.width = set.width;
  parameters.height = set.height;
  parameters.seed = set.seed + 1;
  parameters.night = true;
  parameters.seconds = kDrivingLead + set.frames / set.fps;
  const DrivingPicture again = DrivingScene(parameters).render(1e-6 * static_cast<double>(labels[3].time_us));
  size_t next = 0;
  for (const DrivingBox& box : again.boxes) {
    if (box.visible < set.least_visible) continue;
    ASSERT_LT(next, labels[3].boxes.size());
    const DrivingBox& written = labels[3].boxes[next++];
    EXPECT_EQ(box.left, written.left);
    EXPECT_EQ(box.width, written.width);
    EXPECT_EQ(box.id, written.id);
  }
  EXPECT_EQ(next, labels[3].boxes.size());
}

TEST(DrivingSet, WrongValuesAreRefused) {
  DrivingSet set;
  set.night = 1.5;
  EXPECT_THROW(check(set), Error);
  set.night = 0.5;
  set.frames = 100'000;
  EXPECT_THROW(check(set), Error);
}

}  // namespace
}  // namespace flashcell::host
