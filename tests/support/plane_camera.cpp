#include "tests/support/plane_camera.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/calib3d.hpp>
#include <random>

namespace flashcell::test {
namespace {

cv::Matx33d camera_matrix(const Lens& l) {
  return {l.fx, 0, l.cx, 0, l.fy, l.cy, 0, 0, 1};
}

std::vector<double> distortion(const Lens& l) {
  return {l.k1, l.k2, l.p1, l.p2, l.k3};
}

}  // namespace

// Within a px a lens is straight to 1e-5 px: rays of its corners are enough.
PlaneCamera::PlaneCamera(const Lens& lens, int samples) : lens_(lens), samples_(samples) {
  const int columns = lens.width + 1;
  std::vector<cv::Point2d> corners, rays;
  for (int y = 0; y <= lens.height; ++y)
    for (int x = 0; x < columns; ++x) corners.emplace_back(x - 0.5, y - 0.5);
  cv::undistortPoints(corners, rays, camera_matrix(lens), distortion(lens), cv::noArray(), cv::noArray(),
                      cv::TermCriteria(cv::TermCriteria::COUNT + cv::TermCriteria::EPS, 30, 1e-9));
  for (int y = 0; y < lens.height; ++y) {
    for (int x = 0; x < lens.width; ++x) {
      const cv::Point2d* const top = rays.data() + static_cast<ptrdiff_t>(y) * columns + x;
      const cv::Point2d* const bottom = top + columns;
      for (int i = 0; i < samples * samples; ++i) {
        const double right = (i % samples + 0.5) / samples, down = (i / samples + 0.5) / samples;
        rays_.push_back((1 - down) * ((1 - right) * top[0] + right * top[1]) +
                        down * ((1 - right) * bottom[0] + right * bottom[1]));
      }
    }
  }
}

cv::Mat PlaneCamera::picture(const PlanePose& pose, const PlaneGrey& grey, uint64_t seed) const {
  cv::Matx33d turn;
  cv::Rodrigues(pose.turn, turn);
  // Places on the plane to rays, and back.
  const cv::Matx33d to_ray(turn(0, 0), turn(0, 1), pose.shift[0], turn(1, 0), turn(1, 1), pose.shift[1], turn(2, 0),
                           turn(2, 1), pose.shift[2]);
  const cv::Matx33d to_plane = to_ray.inv();
  cv::Mat picture(lens_.height, lens_.width, CV_8UC1);
  std::mt19937_64 random(seed);
  const size_t each = static_cast<size_t>(samples_ * samples_);
  for (size_t i = 0; i < picture.total(); ++i) {
    double sum = 0;
    for (size_t k = i * each; k < (i + 1) * each; ++k) {
      const cv::Vec3d p = to_plane * cv::Vec3d(rays_[k].x, rays_[k].y, 1);
      sum += grey(p[0] / p[2], p[1] / p[2]);
    }
    // Four evenly spread numbers added up: nearly normal, and the same with every library.
    double noise = -2;
    for (int n = 0; n < 4; ++n) noise += static_cast<double>(random() >> 11) * 0x1p-53;
    picture.data[i] = cv::saturate_cast<uint8_t>(sum / static_cast<double>(each) + 3.46 * noise);
  }
  return picture;
}

cv::Point2d PlaneCamera::place(const PlanePose& pose, cv::Point2d on_plane) const {
  std::vector<cv::Point2d> places;
  cv::projectPoints(std::vector<cv::Point3d>{{on_plane.x, on_plane.y, 0}}, pose.turn, pose.shift, camera_matrix(lens_),
                    distortion(lens_), places);
  return places[0];
}

Lens bent_lens() {
  return {.fx = 600,
          .fy = 603,
          .cx = 326,
          .cy = 235,
          .k1 = -0.28,
          .k2 = 0.09,
          .p1 = 0.0011,
          .p2 = -0.0008,
          .k3 = 0,
          .width = 640,
          .height = 480};
}

PlaneGrey checkerboard(double square) {
  return [square](double x, double y) {
    const int column = static_cast<int>(std::floor(x / square)) + 1, row = static_cast<int>(std::floor(y / square)) + 1;
    if (column < -1 || column > 10 || row < -1 || row > 7) return 90.0;  // the table
    if (column < 0 || column > 9 || row < 0 || row > 6) return 220.0;    // the rim
    return (column + row) % 2 == 0 ? 30.0 : 220.0;
  };
}

std::vector<PlanePose> board_poses(double square) {
  std::vector<PlanePose> poses;
  for (int i = 0; i < 18; ++i) {
    const int column = i % 3 - 1, row = i / 3 % 3 - 1;
    const double distance = (i < 9 ? 21 : 26) * square;
    const double tilt = i % 2 == 0 ? 0.5 : -0.5;
    const cv::Vec3d turn = i % 4 < 2 ? cv::Vec3d(tilt, 0.1, 0.02 * i) : cv::Vec3d(-0.1, tilt, -0.02 * i);
    poses.push_back(
        {turn, cv::Vec3d(column * 0.28 * distance - 4 * square, row * 0.2 * distance - 2.5 * square, distance)});
  }
  return poses;
}

PlanePose arena_pose() {
  return {cv::Vec3d(-0.45, 0.2, 0.1), cv::Vec3d(-22, -12, 120)};
}

}  // namespace flashcell::test
