// Lenses and planes measured by drawn boards, against those that they were drawn with.
#include "host/calibrate/calibrate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "base/error.hpp"
#include "host/calibrate/choose_views.hpp"
#include "host/calibrate/plane.hpp"
#include "tests/support/plane_camera.hpp"

namespace flashcell::host {
namespace {

using testing::HasSubstr;

constexpr double kSquare = 5;  // mm
const Checkerboard kBoard{9, 6, kSquare};

const test::PlaneCamera& camera() {
  static const test::PlaneCamera camera(test::bent_lens(), 3);
  return camera;
}

cv::Size picture_size() {
  return {camera().lens().width, camera().lens().height};
}

const std::vector<BoardView>& views() {
  static const std::vector<BoardView> found = [] {
    std::vector<BoardView> views;
    const std::vector<test::PlanePose> poses = test::board_poses(kSquare);
    for (size_t i = 0; i < poses.size(); ++i) {
      if (auto corners = find_board(camera().picture(poses[i], test::checkerboard(kSquare), i), kBoard))
        views.push_back({static_cast<int64_t>(i), std::move(*corners)});
    }
    return views;
  }();
  return found;
}

TEST(Checkerboard, IsReadAsPeopleWriteIt) {
  const Checkerboard board = parse_board("9x6", 2.5);
  EXPECT_EQ(board.columns, 9);
  EXPECT_EQ(board.rows, 6);
  EXPECT_EQ(board_points(board).size(), 54u);
  EXPECT_EQ(board_points(board)[10].x, 2.5f);
  for (const char* wrong : {"", "9", "9x", "x6", "9x6x", "9*6", "2x6", "9x101", "-9x6", "9 x 6", "99999999999x6"})
    EXPECT_THROW(parse_board(wrong, 1), Error) << wrong;
}

TEST(Checkerboard, CornersAreFoundToAFractionOfAPixel) {
  ASSERT_GE(views().size(), 16u) << "boards that lie wholly in the picture";
  const std::vector<cv::Point3f> on_board = board_points(kBoard);
  for (const BoardView& view : views()) {
    const test::PlanePose pose = test::board_poses(kSquare)[static_cast<size_t>(view.frame)];
    double as_drawn = 0, turned = 0;  // a board looks the same turned by half a circle
    for (size_t i = 0; i < on_board.size(); ++i) {
      const cv::Point2d truth = camera().place(pose, {on_board[i].x, on_board[i].y});
      const cv::Point2d found = view.corners[i], other = view.corners[on_board.size() - 1 - i];
      as_drawn += (found - truth).dot(found - truth);
      turned += (other - truth).dot(other - truth);
    }
    const double corners = static_cast<double>(on_board.size());
    EXPECT_LT(std::sqrt(std::min(as_drawn, turned) / corners), 0.25) << view.frame;
  }
}

TEST(Checkerboard, ThereIsNoneOnAnEmptyTable) {
  const cv::Mat empty = camera().picture(
      test::arena_pose(), [](double, double) { return 100.0; }, 1);
  EXPECT_FALSE(find_board(empty, kBoard));
}

TEST(Calibrate, FindsTheLensThatTheBoardsWereDrawnWith) {
  const CameraCalibration found = calibrate(views(), kBoard, picture_size());
  const Lens& is = found.lens;
  const Lens& truth = camera().lens();
  EXPECT_LT(found.error, 0.2);
  EXPECT_NEAR(is.fx, truth.fx, 0.003 * truth.fx);
  EXPECT_NEAR(is.fy, truth.fy, 0.003 * truth.fy);
  EXPECT_NEAR(is.cx, truth.cx, 2);
  EXPECT_NEAR(is.cy, truth.cy, 2);
  EXPECT_NEAR(is.k1, truth.k1, 0.01);
  EXPECT_EQ(is.width, 640);
  EXPECT_EQ(is.height, 480);
  EXPECT_GT(found.coverage, 0.6);
  EXPECT_THAT(doubts(found), testing::IsEmpty());
}

// Lengths all over the picture, on a plane seen from aside.
TEST(Calibrate, LengthsOnThePlaneAreRight) {
  const Lens lens = calibrate(views(), kBoard, picture_size()).lens;
  const test::PlanePose pose = test::arena_pose();
  const auto corners = find_board(camera().picture(pose, test::checkerboard(kSquare), 77), kBoard);
  ASSERT_TRUE(corners);
  const PlaneFit fit = fit_plane({0, *corners}, kBoard, lens);
  EXPECT_LT(fit.error, 0.05);
  const WorldMap map = WorldMap::on_plane("mm", fit.homography, lens);
  const auto placed = [&](double x, double y) {
    const cv::Point2d px = camera().place(pose, {x, y});
    const MappedPlace place = map.at(px.x, px.y);
    return cv::Point2d(place.x, place.y);
  };
  for (double y = -15; y <= 35; y += 10) {
    for (double x = -20; x <= 50; x += 10) {
      EXPECT_NEAR(cv::norm(placed(x + 10, y) - placed(x, y)), 10, 0.05) << x << " " << y;
      EXPECT_NEAR(cv::norm(placed(x, y + 10) - placed(x, y)), 10, 0.05) << x << " " << y;
    }
  }
}

TEST(Calibrate, ThePlanesAxesAreThoseOfThePicture) {
  const Lens& lens = camera().lens();
  // The board turned by quarters, and numbered from either end.
  for (int quarter = 0; quarter < 4; ++quarter) {
    const double angle = quarter * CV_PI / 2 + 0.1;
    const cv::Vec3d away(-20 * std::cos(angle) + 12.5 * std::sin(angle), -20 * std::sin(angle) - 12.5 * std::cos(angle),
                         120);
    const test::PlanePose pose{cv::Vec3d(0, 0, angle), away};
    BoardView view;
    for (const cv::Point3f& p : board_points(kBoard))
      view.corners.emplace_back(cv::Point2f(camera().place(pose, {p.x, p.y})));
    for (int turn = 0; turn < 2; ++turn) {
      const WorldMap map = WorldMap::on_plane("mm", fit_plane(view, kBoard, lens).homography, lens);
      double left = 1e9, top = 1e9;
      for (const cv::Point2f& corner : view.corners) {
        const MappedPlace place = map.at(corner.x, corner.y);
        EXPECT_GT(place.dx_dx, 0.9 * std::hypot(place.dx_dx, place.dx_dy));
        EXPECT_GT(place.dy_dy, 0.9 * std::hypot(place.dy_dx, place.dy_dy));
        left = std::min(left, place.x);
        top = std::min(top, place.y);
      }
      EXPECT_NEAR(left, 0, 1e-3);
      EXPECT_NEAR(top, 0, 1e-3);
      std::reverse(view.corners.begin(), view.corners.end());
    }
    // Mirrored: rows numbered the other way.
    for (auto row = view.corners.begin(); row != view.corners.end(); row += 9) std::reverse(row, row + 9);
    const WorldMap map = WorldMap::on_plane("mm", fit_plane(view, kBoard, lens).homography, lens);
    EXPECT_GT(map.at(320, 240).determinant(), 0);
  }
}

TEST(Calibrate, ABoardThatLiesIsLeftOut) {
  std::vector<BoardView> with_wrong = views();
  for (size_t i = 0; i < with_wrong[4].corners.size(); i += 3) with_wrong[4].corners[i].x += 6;
  const CameraCalibration found = calibrate(with_wrong, kBoard, picture_size());
  EXPECT_EQ(found.left_out, 1u);
  EXPECT_LT(found.error, 0.2);
}

TEST(Calibrate, TooLittleIsSaid) {
  EXPECT_THROW(calibrate({views()[0], views()[1]}, kBoard, picture_size()), Error);
  const std::vector<BoardView> few(views().begin(), views().begin() + 4);
  EXPECT_THAT(doubts(calibrate(few, kBoard, picture_size())), testing::Contains(HasSubstr("only 4 pictures")));
  // Boards that face the camera tell its focal length badly.
  std::vector<BoardView> facing;
  for (int i = 0; i < 12; ++i) {
    BoardView& view = facing.emplace_back();
    std::mt19937 random(static_cast<unsigned>(i));
    std::uniform_real_distribution<float> noise(-0.2f, 0.2f);
    const int right = i % 3, down = i / 3 % 3;
    const test::PlanePose pose{cv::Vec3d(), cv::Vec3d(-21 + right, -13 + down, 120)};
    for (const cv::Point3f& p : board_points(kBoard)) {
      const cv::Point2d px = camera().place(pose, {p.x, p.y});
      view.corners.emplace_back(static_cast<float>(px.x) + noise(random), static_cast<float>(px.y) + noise(random));
    }
  }
  const std::vector<std::string> lines = doubts(calibrate(facing, kBoard, picture_size()));
  EXPECT_THAT(lines, testing::Contains(HasSubstr("tilt the board")));
  EXPECT_THAT(lines, testing::Contains(HasSubstr("of the picture")));
}

TEST(Calibrate, ChosenViewsAreSpread) {
  std::vector<BoardView> many;
  for (int i = 0; i < 50; ++i) many.push_back({i, views()[0].corners});  // a board that rests
  for (const BoardView& view : views()) many.push_back({view.frame + 100, view.corners});
  const std::vector<BoardView> chosen = choose_views(many, kBoard, picture_size(), views().size());
  ASSERT_EQ(chosen.size(), views().size());
  const auto resting = std::count_if(chosen.begin(), chosen.end(), [](const BoardView& v) { return v.frame < 50; });
  EXPECT_LE(resting, 1);
  EXPECT_TRUE(std::is_sorted(chosen.begin(), chosen.end(),
                             [](const BoardView& a, const BoardView& b) { return a.frame < b.frame; }));
  EXPECT_EQ(choose_views(views(), kBoard, picture_size(), 100).size(), views().size());
}

}  // namespace
}  // namespace flashcell::host
