#pragma once
#include <vector>

#include "host/calibrate/board.hpp"

namespace flashcell::host {

/// At most `most` of the views, as different as can be in place, size and tilt, by rising frame number: a board that
/// rests before the camera teaches no more than once.
std::vector<BoardView> choose_views(const std::vector<BoardView>& views, const Checkerboard& board, cv::Size picture,
                                    size_t most);

/// Share of the picture that lies inside of one of the boards at least, 0..1.
double coverage(const std::vector<BoardView>& views, const Checkerboard& board, cv::Size picture);

}  // namespace flashcell::host
