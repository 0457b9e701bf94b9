#pragma once
#include "host/calibrate/board.hpp"
#include "pipeline/world_map.hpp"

namespace flashcell::host {

/// A plane by a board that lies on it.
struct PlaneFit {
  Homography homography;  ///< from px of the picture without distortion to the board's unit
  double error = 0;       ///< unit: root mean square distance of the corners from where they lie on the board
};

/// The origin is the corner of the board (of its inner corners) at the picture's top left; x runs along the side of the
/// board that points right, y along the one that points down. Throws Error(Fault::input) where the lens says nothing of
/// a corner.
PlaneFit fit_plane(const BoardView& view, const Checkerboard& board, const Lens& lens);

}  // namespace flashcell::host
