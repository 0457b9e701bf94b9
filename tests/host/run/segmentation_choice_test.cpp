// What recordings a choice of segmentation is held against.
#include <gtest/gtest.h>

#include "tests/host/run/wanted_objects.hpp"
#include "tests/support/animal_scenes.hpp"

namespace flashcell::test {
namespace {

std::vector<std::vector<uint8_t>> first_frames(const AnimalScene& scene, int64_t start, int frames) {
  const auto source = open_animal_scene(scene, start);
  std::vector<std::vector<uint8_t>> pixels;
  Frame frame;
  for (int i = 0; i < frames && source->next(frame); ++i) pixels.push_back(frame.storage);
  return pixels;
}

TEST(AnimalScenes, AreTheSameFromWhereverTheyAreRead) {
  for (const AnimalScene& scene : animal_scenes()) {
    const auto from_start = first_frames(scene, 0, 4), later = first_frames(scene, 3, 1);
    ASSERT_EQ(from_start.size(), 4u);
    ASSERT_EQ(later.size(), 1u);
    EXPECT_EQ(from_start[3], later[0]) << scene.name;
    EXPECT_NE(from_start[0], from_start[3]) << scene.name;
  }
}

TEST(AnimalScenes, AnimalsAreInThePicture) {
  for (const AnimalScene& scene : animal_scenes()) {
    for (const int64_t frame : {int64_t{0}, scene.frames / 2, scene.frames - 1}) {
      EXPECT_FALSE(scene.animals(frame).empty());
      for (const DrawnAnimal& animal : scene.animals(frame)) {
        EXPECT_TRUE(animal.x >= 0 && animal.x < scene.width && animal.y >= 0 && animal.y < scene.height) << scene.name;
      }
    }
  }
}

TEST(WantedObjects, AreMeantSensibly) {
  for (const WantedObjects& wanted : wanted_objects()) {
    EXPECT_LE(wanted.least_objects, wanted.most_objects) << wanted.recording;
    for (const Mark& mark : wanted.marks) EXPECT_LT(mark.least_area, mark.most_area) << wanted.recording;
  }
}

}  // namespace
}  // namespace flashcell::test
