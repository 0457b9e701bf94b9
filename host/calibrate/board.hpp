#pragma once
#include <cstdint>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <vector>

namespace flashcell::host {

/// A checkerboard: flat, with a white rim.
struct Checkerboard {
  int columns = 9, rows = 6;  ///< inner corners: where four squares meet
  double square = 1;          ///< side of a square, unit
};

/// "9x6": columns and rows, 3 to 100 each. Throws Error(Fault::usage).
Checkerboard parse_board(const std::string& text, double square);

/// A board as a frame shows it.
struct BoardView {
  int64_t frame = 0;                 ///< number
  std::vector<cv::Point2f> corners;  ///< px, to a fraction, row by row
};

/// The inner corners of the board, px, row by row, or nothing where the picture (8-bit grey) does not show it whole.
std::optional<std::vector<cv::Point2f>> find_board(const cv::Mat& picture, const Checkerboard& board);

/// The inner corners on the board, unit: x along a row, from the first corner, z = 0.
std::vector<cv::Point3f> board_points(const Checkerboard& board);

}  // namespace flashcell::host
