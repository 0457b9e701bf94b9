#include "quant_models/data/detection_set.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {

int class_index(std::vector<std::string>& classes, const std::string& name) {
  const auto found = std::find(classes.begin(), classes.end(), name);
  const auto index = static_cast<int>(found - classes.begin());
  if (found == classes.end()) {
    if (!is_utf8(name)) throw ModelError("class '" + name + "' is not UTF-8: save the annotations as UTF-8");
    classes.push_back(name);
  }
  return index;
}

}  // namespace flashcell::quant
