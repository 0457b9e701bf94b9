#pragma once
#include <vector>

#include "kernels_hls/contract/object.hpp"

namespace flashcell {

/// One frame's objects. Reused from frame to frame: reserve max_objects once, then nothing is allocated.
struct ObjectTable {
  std::vector<contract::ObjectRecord> objects;
  contract::FrameSummary summary;

  void clear() {
    objects.clear();
    summary = {};
  }
};

}  // namespace flashcell
