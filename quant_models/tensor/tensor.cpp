#include "quant_models/tensor/tensor.hpp"

#include <stdexcept>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {

int64_t element_count(const Shape& shape) {
  if (shape.size() > kMaxRank)
    throw ModelError("a tensor has " + std::to_string(shape.size()) + " dimensions; at most " +
                     std::to_string(kMaxRank) + " are supported");
  int64_t count = 1;
  for (const int64_t extent : shape) {
    if (extent < 1) throw ModelError("a tensor's shape " + to_string(shape) + " has an extent below 1");
    if (extent > kMaxElements / count)
      throw ModelError("a tensor of shape " + to_string(shape) + " is too large: at most " +
                       std::to_string(kMaxElements) + " numbers are supported");
    count *= extent;
  }
  return count;
}

std::string to_string(const Shape& shape) {
  std::string text;
  for (const int64_t extent : shape) {
    if (!text.empty()) text += 'x';
    text += std::to_string(extent);
  }
  return shape.empty() ? "scalar" : text;
}

Tensor make_tensor(Shape shape, std::vector<float> values) {
  if (element_count(shape) != static_cast<int64_t>(values.size()))
    throw std::invalid_argument("a tensor of shape " + to_string(shape) + " cannot hold " +
                                std::to_string(values.size()) + " numbers");
  return {std::move(shape), std::move(values)};
}

}  // namespace flashcell::quant
