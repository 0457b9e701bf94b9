// What objects of a scene with actions do, and that they do it.
#include "host/synth/action_schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/synth/scene.hpp"

namespace flashcell::host {
namespace {

TEST(ActionSchedule, IsOneWayWithoutLeapsAndDoesWhatItSays) {
  std::array<int, kSceneActionNames.size()> seen{};
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    const ActionSchedule schedule(seed, 5, 500, 3000, 10, 0.3);
    EXPECT_LE(schedule.spans().front().begin, 0);
    EXPECT_EQ(schedule.spans().back().action, SceneAction::stopping);
    for (size_t i = 0; i + 1 < schedule.spans().size(); ++i) {
      const ActionSchedule::Span& s = schedule.spans()[i];
      ++seen[static_cast<size_t>(s.action)];
      EXPECT_EQ(s.end, schedule.spans()[i + 1].begin);
      const auto a = schedule.at(s.begin), b = schedule.at(s.end - 1e-9), next = schedule.at(s.end);
      EXPECT_NEAR(b.x, next.x, 1e-6);
      EXPECT_NEAR(b.y, next.y, 1e-6);
      EXPECT_NEAR(b.scale, next.scale, 1e-6);
      const double way = std::hypot(b.x - a.x, b.y - a.y), turned = std::abs(b.heading - a.heading),
                   seconds = (s.end - s.begin) / 500;
      switch (s.action) {
        case SceneAction::stopping:
          EXPECT_EQ(way, 0);
          EXPECT_EQ(turned, 0);
          break;
        case SceneAction::walking:
          EXPECT_NEAR(way, 0.3 * 500 * seconds, 1e-4);
          EXPECT_LT(turned, 0.04);
          break;
        case SceneAction::turning:
          EXPECT_GT(turned, 0.39 * seconds);
          EXPECT_GT(way, 1);
          break;
        case SceneAction::spinning:
          EXPECT_EQ(way, 0);
          EXPECT_GT(turned, 1.19 * seconds);
          break;
        case SceneAction::jumping:
          EXPECT_GT(way, 39);
          EXPECT_NEAR(schedule.at((s.begin + s.end) / 2).scale, ActionSchedule::kLargest, 1e-9);
          break;
      }
    }
  }
  for (const int count : seen) EXPECT_GT(count, 3);
}

TEST(Scene, SaysWhatItsObjectsDoInEveryFrame) {
  const std::string spec =
      "synth:ellipses?actions=on&crossing=off&size=240x160&objects=6&radius=9..12&fps=300&frames=900&speed=0.2..0.3";
  const Scene scene(parse_scene(spec));
  EXPECT_EQ(to_spec(parse_scene(to_spec(scene.parameters()))), to_spec(scene.parameters()));
  int64_t next = 0;
  int id = 0;
  for (const TruthSpan& span : scene.actions()) {
    if (span.id != id) {
      EXPECT_TRUE(id == 0 || next == 900);
      EXPECT_EQ(span.id, ++id);
      next = 0;
    }
    EXPECT_EQ(span.first, next);
    EXPECT_GE(span.last, span.first);
    next = span.last + 1;
  }
  EXPECT_EQ(next, 900);
  EXPECT_EQ(id, 6);
  EXPECT_TRUE(Scene(parse_scene("synth:ellipses?frames=9")).actions().empty());
}

TEST(Scene, EllipsesHaveTheirAreaAndStayInTheirTiles) {
  const Scene scene(parse_scene(
      "synth:ellipses?actions=on&crossing=off&size=240x160&objects=6&radius=10&fps=300&frames=900&speed=0.3"));
  for (const int64_t frame : {0, 111, 450, 899}) {
    for (const TruthObject& object : scene.truth(frame)) {
      EXPECT_EQ(object.class_name, "ellipse");
      EXPECT_EQ(object.visible, object.area);
      const double still = 3.14159 * 10 * 10 * 0.45, largest = still * 1.35 * 1.35;
      EXPECT_GT(static_cast<double>(object.area), 0.95 * still - 4);
      EXPECT_LT(static_cast<double>(object.area), 1.05 * largest + 4);
      EXPECT_EQ(static_cast<int>(object.x / 80) + 3 * static_cast<int>(object.y / 80), object.id - 1);
    }
  }
}

}  // namespace
}  // namespace flashcell::host
