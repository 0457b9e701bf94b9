#pragma once
#include <cstdint>
#include <vector>

#include "pipeline/run_warning.hpp"

namespace flashcell {

/// What a source has counted so far, beside its frames.
struct SourceTally {
  uint64_t events = 0;               ///< of an event camera, that were read; 0: the source has none
  std::vector<RunWarning> warnings;  ///< of what was left out or mended
};

}  // namespace flashcell
