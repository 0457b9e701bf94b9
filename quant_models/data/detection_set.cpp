#include "quant_models/data/detection_set.hpp"

#include <algorithm>

namespace flashcell::quant {

int class_index(std::vector<std::string>& classes, const std::string& name) {
  const auto found = std::find(classes.begin(), classes.end(), name);
  const auto index = static_cast<int>(found - classes.begin());
  if (found == classes.end()) classes.push_back(name);
  return index;
}

}  // namespace flashcell::quant
