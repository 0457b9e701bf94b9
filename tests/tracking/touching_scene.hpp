#pragma once
#include <cstdint>
#include <vector>

#include "tests/tracking/blobs.hpp"

namespace flashcell::test {

/// Animals, ellipses that walk and turn, and seek each other's company: they push each other aside, but touch most of
/// the time and lie over each other a little. What touches is one blob.
struct TouchingScene {
  int side = 256;  ///< px
  int animals = 2;
  int frames = 600;
  double length = 24;    ///< px, the longer axis; animals differ by a tenth
  double aspect = 2;     ///< longer axis over the shorter
  double overlap = 0.1;  ///< of the shorter axis, by which they may lie over each other
  double speed = 1;      ///< px/frame
  double company = 0.8;  ///< share of the time that an animal walks to another one
  uint64_t seed = 1;
};

/// One of them, where it is.
struct Ellipse {
  double x = 0, y = 0;  ///< px
  double a = 1, b = 1;  ///< half axes, px
  double turn = 0;      ///< rad, of the axis `a` against +x
};

/// Its pixels.
void add_runs(const Ellipse& ellipse, std::vector<tracking::PixelRun>& runs);

struct TouchingRecording {
  std::vector<Sight> sights;
  std::vector<tracking::LabelledObject> truth;
};

TouchingRecording record(const TouchingScene& scene);

}  // namespace flashcell::test
