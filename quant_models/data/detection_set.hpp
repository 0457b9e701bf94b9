#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "quant_models/data/picture.hpp"

namespace flashcell::quant {

/// An upright box in pixels of its picture: left <= x < right, top <= y < bottom.
struct Box {
  float left = 0, top = 0, right = 0, bottom = 0;
  float width() const { return right - left; }
  float height() const { return bottom - top; }
  bool operator==(const Box&) const = default;
};

/// Area of the intersection over the area of the union, 0..1.
inline float intersection_over_union(const Box& a, const Box& b) {
  const float width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const float height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  if (!(width > 0) || !(height > 0)) return 0;
  const float both = width * height;
  return both / (a.width() * a.height() + b.width() * b.height() - both);
}

struct MarkedObject {
  Box box;
  int object_class = 0;
  bool difficult = false;  ///< marked as hard to tell: neither a hit nor a miss in the evaluation
};

struct MarkedPicture {
  std::string name;
  Picture picture;
  std::vector<MarkedObject> objects;
};

/// Pictures with marked objects.
struct DetectionSet {
  std::vector<std::string> classes;
  std::vector<MarkedPicture> pictures;
};

/// Index of `name` in `classes`; appended when it is new.
int class_index(std::vector<std::string>& classes, const std::string& name);

}  // namespace flashcell::quant
