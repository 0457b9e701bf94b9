#include "quant_models/tensor/shape_rules.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr int kMaxExtent = 1 << 20;  // of a kernel, stride or padding

}  // namespace

void require(bool good, const std::string& what) {
  if (!good) throw ModelError(what);
}

void require_tensor(const Tensor& tensor, const char* name) {
  require(element_count(tensor.shape) == static_cast<int64_t>(tensor.values.size()),
          std::string("its ") + name + " does not hold as many numbers as its shape says");
  require(std::all_of(tensor.values.begin(), tensor.values.end(), [](float x) { return std::isfinite(x); }),
          std::string("its ") + name + " holds a number that is not finite (NaN or infinity)");
}

void require_vector(const Tensor& tensor, int64_t length, const char* name) {
  require(tensor.shape == Shape{length}, std::string("its ") + name + " has shape " + to_string(tensor.shape) +
                                             ", expected " + std::to_string(length));
  require_tensor(tensor, name);
}

void require_weight_quantization(const std::optional<Quantization>& quantization, int64_t channels) {
  if (!quantization) return;
  const std::string fault = find_fault(*quantization, channels);
  require(fault.empty() && quantization->axis == 0, "the quantization of its weights: " + fault);
}

void require_image(const Shape& x) {
  require(x.size() == 4, "its input has shape " + to_string(x) + ", expected N x C x H x W");
}

void require_range(int64_t value, int64_t low, const char* name) {
  require(value >= low && value <= kMaxExtent, std::string("its ") + name + " " + std::to_string(value) +
                                                   " is outside " + std::to_string(low) + ".." +
                                                   std::to_string(kMaxExtent));
}

int resolve_axis(int axis, size_t rank) {
  const int dimensions = static_cast<int>(rank);
  require(axis >= -dimensions && axis < dimensions,
          "its axis " + std::to_string(axis) + " does not exist in " + std::to_string(dimensions) + " dimensions");
  return axis < 0 ? axis + dimensions : axis;
}

Shape broadcast(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1, y = i < b.size() ? b[b.size() - 1 - i] : 1;
    require(x == y || x == 1 || y == 1, "its inputs " + to_string(a) + " and " + to_string(b) + " do not fit together");
    out[out.size() - 1 - i] = std::max(x, y);
  }
  return out;
}

}  // namespace flashcell::quant
