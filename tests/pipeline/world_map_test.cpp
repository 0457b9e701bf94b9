// From px to a unit of length, against places of which both are known.
#include "pipeline/world_map.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "pipeline/world_values.hpp"
#include "tests/support/plane_camera.hpp"

namespace flashcell {
namespace {

tracking::TrackRow row_at(double x, double y, double vx, double vy) {
  tracking::TrackRow row;
  row.x = x;
  row.y = y;
  row.vx = vx;
  row.vy = vy;
  row.area = 10;
  return row;
}

TEST(WorldMap, WithoutAUnitPxStayPx) {
  const WorldValues values = world_values({}, row_at(3.25, -4, 5, 6));
  EXPECT_EQ(values.x, 3.25);
  EXPECT_EQ(values.y, -4);
  EXPECT_EQ(values.vx, 5);
  EXPECT_EQ(values.vy, 6);
  EXPECT_EQ(values.area, 10);
  EXPECT_TRUE(WorldMap().in_px() && WorldMap().uniform());
}

TEST(WorldMap, OneScaleIsOneFactor) {
  const WorldMap map = WorldMap::scaled("mm", 0.05);
  const WorldValues values = world_values(map, row_at(3, 4, 5, -6));
  EXPECT_EQ(values.x, 3 * 0.05);
  EXPECT_EQ(values.y, 4 * 0.05);
  EXPECT_EQ(values.vx, 5 * 0.05);
  EXPECT_EQ(values.vy, -6 * 0.05);
  EXPECT_DOUBLE_EQ(values.area, 10 * 0.05 * 0.05);
  EXPECT_EQ(map.units_per_pixel(100, 100), 0.05);
  EXPECT_TRUE(map.uniform() && !map.in_px());
}

/// The plane of the pose: from px of the picture without distortion.
Homography plane_of(const test::PlanePose& pose, const Lens& lens) {
  // A camera without distortion that shows the plane's places where the matrix's inverse takes them.
  Lens straight = lens;
  straight.k1 = straight.k2 = straight.p1 = straight.p2 = straight.k3 = 0;
  const test::PlaneCamera camera(straight, 1);
  // Four pairs of places make eight equations.
  cv::Matx<double, 8, 8> equations = cv::Matx<double, 8, 8>::zeros();
  cv::Vec<double, 8> right;
  const cv::Point2d corners[] = {{0, 0}, {40, 0}, {40, 25}, {0, 25}};
  for (int i = 0; i < 4; ++i) {
    const cv::Point2d px = camera.place(pose, corners[i]);
    const double to[] = {corners[i].x, corners[i].y};
    for (int k = 0; k < 2; ++k) {
      equations(2 * i + k, 3 * k) = px.x;
      equations(2 * i + k, 3 * k + 1) = px.y;
      equations(2 * i + k, 3 * k + 2) = 1;
      equations(2 * i + k, 6) = -to[k] * px.x;
      equations(2 * i + k, 7) = -to[k] * px.y;
      right[2 * i + k] = to[k];
    }
  }
  cv::Vec<double, 8> h;
  cv::solve(equations, right, h, cv::DECOMP_SVD);
  return {h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7], 1};
}

TEST(WorldMap, PlaceSpeedAndAreaOnAPlaneSeenFromAsideThroughABentLens) {
  const Lens lens = test::bent_lens();
  const test::PlanePose pose = test::arena_pose();
  const test::PlaneCamera camera(lens, 1);
  const WorldMap map = WorldMap::on_plane("mm", plane_of(pose, lens), lens);
  for (double y = -10; y <= 40; y += 5) {
    for (double x = -20; x <= 60; x += 5) {
      const cv::Point2d px = camera.place(pose, {x, y});
      // Of a thing that moves by (3, -2) mm/s, and of a square of 0.1 mm.
      constexpr double kStep = 1e-4;
      const cv::Point2d ahead = camera.place(pose, {x + 3 * kStep, y - 2 * kStep});
      const cv::Point2d behind = camera.place(pose, {x - 3 * kStep, y + 2 * kStep});
      const cv::Point2d a = camera.place(pose, {x + 0.1, y}) - px, b = camera.place(pose, {x, y + 0.1}) - px;
      tracking::TrackRow row =
          row_at(px.x, px.y, (ahead.x - behind.x) / (2 * kStep), (ahead.y - behind.y) / (2 * kStep));
      row.area = a.cross(b);
      const WorldValues values = world_values(map, row);
      ASSERT_NEAR(values.x, x, 1e-6);
      ASSERT_NEAR(values.y, y, 1e-6);
      ASSERT_NEAR(values.vx, 3, 1e-4);
      ASSERT_NEAR(values.vy, -2, 1e-4);
      ASSERT_NEAR(values.area, 0.01, 0.01 * 0.01);
      ASSERT_NEAR(map.units_per_pixel(px.x, px.y), std::sqrt(0.01 / a.cross(b)), 1e-3);
    }
  }
  EXPECT_FALSE(map.uniform());
}

TEST(WorldMap, ALensWithAScaleMeasuresAPlaneThatFacesTheCamera) {
  Lens lens = test::bent_lens();
  lens.fy = 450;  // px that are not square
  const test::PlaneCamera camera(lens, 1);
  const test::PlanePose pose{cv::Vec3d(), cv::Vec3d(0, 0, 120)};
  const WorldMap map = WorldMap::scaled("mm", 120 / lens.fx, lens);
  const cv::Point2d a = camera.place(pose, {-40, -30}), b = camera.place(pose, {35, 20}),
                    c = camera.place(pose, {-40, 30});
  const MappedPlace from = map.at(a.x, a.y), to = map.at(b.x, b.y), below = map.at(c.x, c.y);
  EXPECT_NEAR(std::hypot(to.x - from.x, to.y - from.y), std::hypot(75, 50), 1e-6);
  EXPECT_NEAR(std::hypot(below.x - from.x, below.y - from.y), 60, 1e-6);
}

TEST(WorldMap, NothingLiesBeyondTheHorizon) {
  // Rows below 100 px show the plane, closer the lower they are.
  const Homography plane = {1, 0, 0, 0, 0, 50, 0, -1, 100};
  Homography opposite = plane;
  for (double& h : opposite) h = -h;
  for (const Homography& h : {plane, opposite}) {
    const WorldMap map = WorldMap::on_plane("mm", h);
    EXPECT_DOUBLE_EQ(map.at(10, 50).x, 0.2);
    EXPECT_DOUBLE_EQ(map.at(10, 50).y, 1);
    for (const double y : {100., 101., 1e9}) EXPECT_TRUE(std::isnan(map.at(10, y).x)) << y;
    EXPECT_TRUE(std::isnan(world_values(map, row_at(10, 200, 0, 0)).area));
  }
}

}  // namespace
}  // namespace flashcell
