#include "host/calibrate/board.hpp"

#include <fmt/format.h>

#include <charconv>
#include <opencv2/calib3d.hpp>

#include "base/error.hpp"

namespace flashcell::host {

Checkerboard parse_board(const std::string& text, double square) {
  constexpr int kFewest = 3, kMost = 100;
  Checkerboard board{0, 0, square};
  const char* end = text.data() + text.size();
  const auto columns = std::from_chars(text.data(), end, board.columns);
  if (columns.ec == std::errc() && columns.ptr != end && *columns.ptr == 'x') {
    const auto rows = std::from_chars(columns.ptr + 1, end, board.rows);
    const auto fits = [](int n) { return n >= kFewest && n <= kMost; };
    if (rows.ec == std::errc() && rows.ptr == end && fits(board.columns) && fits(board.rows)) return board;
  }
  throw Error(Fault::usage,
              fmt::format("--board {}: write columns x rows of inner corners (where four squares meet), as in 9x6; {} "
                          "to {} each",
                          text, kFewest, kMost));
}

std::optional<std::vector<cv::Point2f>> find_board(const cv::Mat& picture, const Checkerboard& board) {
  std::vector<cv::Point2f> corners;
  if (!cv::findChessboardCornersSB(picture, {board.columns, board.rows}, corners,
                                   cv::CALIB_CB_NORMALIZE_IMAGE | cv::CALIB_CB_ACCURACY))
    return std::nullopt;
  return corners;
}

std::vector<cv::Point3f> board_points(const Checkerboard& board) {
  std::vector<cv::Point3f> points;
  for (int row = 0; row < board.rows; ++row) {
    for (int column = 0; column < board.columns; ++column)
      points.emplace_back(static_cast<float>(column * board.square), static_cast<float>(row * board.square), 0.f);
  }
  return points;
}

}  // namespace flashcell::host
