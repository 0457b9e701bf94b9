#include "host/calibrate/choose_views.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>

namespace flashcell::host {
namespace {

/// The four outermost corners, around the board.
std::array<cv::Point2f, 4> outline(const BoardView& view, const Checkerboard& board) {
  const size_t columns = static_cast<size_t>(board.columns), all = view.corners.size();
  return {view.corners[0], view.corners[columns - 1], view.corners[all - 1], view.corners[all - columns]};
}

/// What makes one view different from another: place, size, and how much shorter one side is than the one across.
using Traits = std::array<double, 5>;

Traits traits_of(const BoardView& view, const Checkerboard& board, cv::Size picture) {
  const auto [a, b, c, d] = outline(view, board);
  const auto side = [](cv::Point2f from, cv::Point2f to) { return std::max(1.0, cv::norm(to - from)); };
  const cv::Point2f middle = (a + b + c + d) * 0.25f;
  constexpr double kTiltWeight = 3;  // a third shorter counts as much as the whole picture further
  return {middle.x / picture.width, middle.y / picture.height, std::log(side(a, c) + side(b, d)),
          kTiltWeight * std::log(side(a, b) / side(d, c)), kTiltWeight * std::log(side(a, d) / side(b, c))};
}

double squared_distance(const Traits& a, const Traits& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

}  // namespace

std::vector<BoardView> choose_views(const std::vector<BoardView>& views, const Checkerboard& board, cv::Size picture,
                                    size_t most) {
  if (views.size() <= most) return views;
  std::vector<Traits> traits;
  traits.reserve(views.size());
  for (const BoardView& view : views) traits.push_back(traits_of(view, board, picture));
  // Each time the one that is furthest from all that were taken.
  std::vector<double> nearest(views.size(), std::numeric_limits<double>::infinity());
  std::vector<size_t> taken;
  for (size_t next = 0; taken.size() < most;) {
    taken.push_back(next);
    for (size_t i = 0; i < views.size(); ++i)
      nearest[i] = std::min(nearest[i], squared_distance(traits[i], traits[next]));
    next = static_cast<size_t>(std::max_element(nearest.begin(), nearest.end()) - nearest.begin());
  }
  std::sort(taken.begin(), taken.end());
  std::vector<BoardView> chosen;
  chosen.reserve(taken.size());
  for (const size_t i : taken) chosen.push_back(views[i]);
  return chosen;
}

double coverage(const std::vector<BoardView>& views, const Checkerboard& board, cv::Size picture) {
  constexpr int kSide = 200;  // of the raster on which is counted
  cv::Mat covered = cv::Mat::zeros(kSide, kSide, CV_8UC1);
  for (const BoardView& view : views) {
    std::vector<cv::Point> polygon;
    polygon.reserve(4);
    for (const cv::Point2f& p : outline(view, board))
      polygon.emplace_back(cvRound(p.x * kSide / static_cast<float>(picture.width)),
                           cvRound(p.y * kSide / static_cast<float>(picture.height)));
    cv::fillConvexPoly(covered, polygon, cv::Scalar(255));
  }
  return static_cast<double>(cv::countNonZero(covered)) / (kSide * kSide);
}

}  // namespace flashcell::host
