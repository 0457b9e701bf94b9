#include "host/fusion_examples/driving_examples.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "host/driving/driving_set.hpp"
#include "host/fusion_examples/drive_folder.hpp"

namespace flashcell::host {
namespace {

DrivingExampleOptions few() {
  return {.rows = 64, .columns = 96, .event_bins = 3, .train = 6, .test = 4, .seed = 7};
}

TEST(DrivingExamples, AreThoseOfTheSeedForAnyNumberOfThreads) {
  const quant::FusionSet set = draw_driving_examples(few(), 1);
  quant::check(set);
  EXPECT_EQ(quant::fingerprint(draw_driving_examples(few(), 3)), quant::fingerprint(set));
  DrivingExampleOptions other = few();
  other.seed = 8;
  EXPECT_NE(quant::fingerprint(draw_driving_examples(other, 2)), quant::fingerprint(set));
  // More examples do not change those that there are, and none of the test's is learned by.
  other = few();
  other.train = 8;
  const quant::FusionSet more = draw_driving_examples(other, 2);
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(more.train[i].rgb, set.train[i].rgb);
  for (const quant::FusionExample& test : more.test)
    for (const quant::FusionExample& train : more.train) EXPECT_NE(test.rgb, train.rgb);
}

TEST(DrivingExamples, HoldBoxesEventsAndBothLights) {
  const quant::FusionSet set = draw_driving_examples(few(), 2);
  double day = 0, night = 0;
  size_t objects = 0;
  for (const quant::FusionExample& e : set.train) {
    double sum = 0;
    for (const uint8_t pixel : e.rgb) sum += pixel;
    (e.night ? night : day) += sum;
    for (const float value : e.events) {
      ASSERT_LE(std::abs(value), 1);
      ASSERT_NEAR(value, value, 0);
    }
    EXPECT_NE(std::count_if(e.events.begin(), e.events.end(), [](float v) { return v != 0; }), 0);
    for (const quant::MarkedObject& o : e.objects) {
      EXPECT_GE(o.box.left, 0);
      EXPECT_GE(o.box.top, 0);
      EXPECT_LE(o.box.right, 96);
      EXPECT_LE(o.box.bottom, 64);
      EXPECT_TRUE(o.difficult || o.box.height() >= 8);
    }
    objects += e.objects.size();
  }
  EXPECT_GT(objects, 6U);
  EXPECT_GT(day, 1.5 * night);
}

TEST(DrivingExamples, RefuseNothingToDraw) {
  DrivingExampleOptions none = few();
  none.test = 0;
  EXPECT_THROW(draw_driving_examples(none, 1), Error);
  none = few();
  none.rows = 16;  // less than a scene can be
  EXPECT_THROW(draw_driving_examples(none, 1), Error);
}

// What is thrown by who watches ends the drawing.
TEST(DrivingExamples, StopWhenAsked) {
  struct Stop {};
  EXPECT_THROW(draw_driving_examples(few(), 2,
                                     [](int64_t drawn) {
                                       if (drawn == 2) throw Stop{};
                                     }),
               Stop);
}

// A folder at the networks' own size gives what is in it, to the pixel; at half of the size boxes are half as large.
TEST(DriveFolder, GivesWhatWasWritten) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("drive_folder_" + std::to_string(getpid()));
  fs::remove_all(folder);
  DrivingSet drives;
  drives.scenes = 4;
  drives.frames = 2;
  drives.width = 96;
  drives.height = 64;
  std::vector<DrivingLabels> labels;
  for (int scene = 0; scene < drives.scenes; ++scene) {
    fs::create_directories(folder / driving_scene_name(scene));
    write_driving_scene(drives, scene, folder / driving_scene_name(scene), labels, {});
  }
  write_driving_labels(drives, folder, labels);
  const quant::FusionSet set = read_drives(folder, few(), 2);
  quant::check(set);
  ASSERT_EQ(set.train.size(), 4U);  // scenes 0 and 2
  ASSERT_EQ(set.test.size(), 4U);
  EXPECT_EQ(set.classes[2], "car");
  for (const size_t i : {0, 1}) {
    const DrivingLabels& first = labels[i];
    EXPECT_EQ(set.train[i].night, first.night);
    ASSERT_EQ(set.train[i].objects.size(), first.boxes.size());
    for (size_t k = 0; k < first.boxes.size(); ++k) {
      EXPECT_EQ(set.train[i].objects[k].box.left, static_cast<float>(first.boxes[k].left));
      EXPECT_EQ(set.train[i].objects[k].box.bottom, static_cast<float>(first.boxes[k].top + first.boxes[k].height));
      EXPECT_EQ(set.train[i].objects[k].object_class, static_cast<int>(first.boxes[k].kind));
    }
  }
  const DrivingPicture picture =
      DrivingScene({.width = 96, .height = 64, .seed = 1, .night = labels[0].night, .seconds = kDrivingLead + 0.1})
          .render(1e-6 * static_cast<double>(labels[0].time_us));
  for (size_t i = 0; i < picture.rgb.size(); ++i)
    ASSERT_EQ(set.train[0].rgb[i % 3 * 96 * 64 + i / 3], picture.rgb[i]) << i;
  EXPECT_NE(std::count_if(set.train[1].events.begin(), set.train[1].events.end(), [](float v) { return v != 0; }), 0);
  DrivingExampleOptions half = few();
  half.rows = 32;
  half.columns = 48;
  const quant::FusionSet smaller = read_drives(folder, half, 2);
  quant::check(smaller);
  for (size_t k = 0; k < set.train[0].objects.size(); ++k)
    EXPECT_FLOAT_EQ(2 * smaller.train[0].objects[k].box.right, set.train[0].objects[k].box.right);
  EXPECT_THROW(read_drives(folder, few(), 5), Error);
  for (DrivingLabels& label : labels) label.time_us += 1'000'000'000;
  write_driving_labels(drives, folder, labels);
  try {
    read_drives(folder, few(), 2);
    ADD_FAILURE() << "pictures of another clock than the events'";
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::input);
    EXPECT_NE(std::string(e.what()).find("different clocks"), std::string::npos) << e.what();
  }
  std::ofstream(folder / "boxes.json") << "{\"images\": []}";
  EXPECT_THROW(read_drives(folder, few(), 2), Error);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace flashcell::host
