#include "quant_models/data/detection_set.hpp"

#include <algorithm>

namespace flashcell::quant {

float intersection_over_union(const Box& a, const Box& b) {
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (!(width > 0) || !(height > 0)) return 0;
  const float both = width * height;
  return both / (a.width() * a.height() + b.width() * b.height() - both);
}

int class_index(std::vector<std::string>& classes, const std::string& name) {
  const auto found = std::find(classes.begin(), classes.end(), name);
  const auto index = static_cast<int>(found - classes.begin());
  if (found == classes.end()) classes.push_back(name);
  return index;
}

}  // namespace flashcell::quant
