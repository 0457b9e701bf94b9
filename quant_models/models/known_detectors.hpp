#pragma once
#include <optional>
#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"
#include "quant_models/metadata.hpp"

namespace flashcell::quant {

/// Somebody's detector, and what its file does not say.
struct KnownDetector {
  std::string name;
  Preprocessing preprocessing;
  std::vector<std::string> classes;  ///< empty: not known
};

/// FastestDet and YuNet (detector_heads.hpp), told by the shapes and names of their outputs; none for other networks.
/// FastestDet with 80 classes is taken for one trained on COCO (Lin et al., Microsoft COCO, 2014).
std::optional<KnownDetector> recognize_detector(const Graph& graph);

}  // namespace flashcell::quant
