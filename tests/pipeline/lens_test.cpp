// Lenses against OpenCV's, and against themselves.
#include "pipeline/lens.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/calib3d.hpp>
#include <vector>

namespace flashcell {
namespace {

std::vector<Lens> lenses() {
  const Lens none{.fx = 700, .fy = 700, .cx = 320, .cy = 240, .width = 640, .height = 480};
  std::vector<Lens> all(5, none);
  all[1].k1 = -0.3;
  all[1].k2 = 0.1;
  all[2].k1 = 0.2;
  all[2].p1 = 0.004;
  all[2].p2 = -0.003;
  all[3].fx = 400;
  all[3].fy = 420;
  all[3].k1 = -0.21;
  all[3].k2 = 0.06;
  all[3].k3 = -0.008;
  all[3].p1 = -0.001;
  all[4].fx = 1500;
  all[4].fy = 1400;
  all[4].cx = 200.25;
  all[4].k1 = 0.4;
  all[4].k2 = -1.5;
  all[4].k3 = 3;
  return all;
}

template <class Visit>
void for_each_place(const Lens& lens, Visit visit) {
  for (double y = -0.5; y < lens.height; y += 40) {
    for (double x = -0.5; x < lens.width; x += 40) visit(x, y);
  }
}

TEST(Lens, UndistortsAsOpenCv) {
  for (const Lens& lens : lenses()) {
    const Undistortion undistortion(lens);
    const cv::Matx33d camera(lens.fx, 0, lens.cx, 0, lens.fy, lens.cy, 0, 0, 1);
    const std::vector<double> distortion = {lens.k1, lens.k2, lens.p1, lens.p2, lens.k3};
    std::vector<cv::Point2d> places, expected;
    for_each_place(lens, [&](double x, double y) { places.emplace_back(x, y); });
    cv::undistortPoints(places, expected, camera, distortion, cv::noArray(), camera,
                        cv::TermCriteria(cv::TermCriteria::COUNT + cv::TermCriteria::EPS, 1000, 1e-13));
    for (size_t i = 0; i < places.size(); ++i) {
      const MappedPlace is = undistortion.at(places[i].x, places[i].y);
      ASSERT_NEAR(is.x, expected[i].x, 1e-7) << places[i] << " k1 = " << lens.k1;
      ASSERT_NEAR(is.y, expected[i].y, 1e-7) << places[i] << " k1 = " << lens.k1;
    }
  }
}

TEST(Lens, DistortsAsOpenCv) {
  for (const Lens& lens : lenses()) {
    const cv::Matx33d camera(lens.fx, 0, lens.cx, 0, lens.fy, lens.cy, 0, 0, 1);
    const std::vector<double> distortion = {lens.k1, lens.k2, lens.p1, lens.p2, lens.k3};
    for_each_place(lens, [&](double x, double y) {
      std::vector<cv::Point2d> expected;
      const cv::Point3d ray((x - lens.cx) / lens.fx, (y - lens.cy) / lens.fy, 1);
      cv::projectPoints(std::vector{ray}, cv::Vec3d(), cv::Vec3d(), camera, distortion, expected);
      const auto [to_x, to_y] = distort(lens, x, y);
      ASSERT_NEAR(to_x, expected[0].x, 1e-9);
      ASSERT_NEAR(to_y, expected[0].y, 1e-9);
    });
  }
}

TEST(Lens, ThereAndBackIsTheSamePlace) {
  for (const Lens& lens : lenses()) {
    const Undistortion undistortion(lens);
    for_each_place(lens, [&](double x, double y) {
      const MappedPlace without = undistortion.at(x, y);
      const auto [back_x, back_y] = distort(lens, without.x, without.y);
      ASSERT_NEAR(back_x, x, 2e-9);
      ASSERT_NEAR(back_y, y, 2e-9);
    });
  }
}

TEST(Lens, StepsAreThoseBetweenPlaces) {
  constexpr double kStep = 1e-3;
  for (const Lens& lens : lenses()) {
    const Undistortion undistortion(lens);
    for_each_place(lens, [&](double x, double y) {
      const MappedPlace at = undistortion.at(x, y);
      const MappedPlace left = undistortion.at(x - kStep, y), right = undistortion.at(x + kStep, y);
      const MappedPlace above = undistortion.at(x, y - kStep), below = undistortion.at(x, y + kStep);
      ASSERT_NEAR(at.dx_dx, (right.x - left.x) / (2 * kStep), 1e-5);
      ASSERT_NEAR(at.dy_dx, (right.y - left.y) / (2 * kStep), 1e-5);
      ASSERT_NEAR(at.dx_dy, (below.x - above.x) / (2 * kStep), 1e-5);
      ASSERT_NEAR(at.dy_dy, (below.y - above.y) / (2 * kStep), 1e-5);
    });
  }
}

TEST(Lens, SaysNothingBeyondWhereItsModelTurnsBack) {
  // r - r^3/2 rises up to r = sqrt(2/3), where it is 0.5443.
  const Lens lens{.fx = 1000, .fy = 1000, .cx = 0, .cy = 0, .k1 = -0.5, .width = 640, .height = 480};
  const Undistortion undistortion(lens);
  EXPECT_NEAR(undistortion.at(544, 0).x, 1000 * std::sqrt(2. / 3), 30);
  EXPECT_LT(undistortion.at(544, 0).x, 1000 * std::sqrt(2. / 3));
  for (const double x : {545., 600., 1e4, 1e9, std::nan(""), HUGE_VAL}) {
    EXPECT_TRUE(std::isnan(undistortion.at(x, 0).x)) << x;
    EXPECT_TRUE(std::isnan(undistortion.at(0, -x).dy_dy)) << x;
  }
}

TEST(Lens, AnyNumbersEnd) {
  for (const double k : {-1e6, -1e-6, 0., 1e-6, 1e6}) {
    for (const double k3 : {-1e6, 0., 1e6}) {
      const Lens lens{.fx = 10, .fy = 1e5, .cx = -1e5, .cy = 5, .k1 = k, .k2 = -k, .p1 = k, .p2 = k, .k3 = k3};
      const Undistortion undistortion(lens);
      for (const double x : {-1e6, 0., 1e6}) {
        const MappedPlace place = undistortion.at(x, 7);
        if (std::isnan(place.x)) continue;
        EXPECT_NEAR(distort(lens, place.x, place.y)[1], 7, 1e-3);
      }
    }
  }
}

}  // namespace
}  // namespace flashcell
