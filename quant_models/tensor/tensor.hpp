#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace flashcell::quant {

/// Extents, outermost first; images are N, C, H, W. Empty: a single number.
using Shape = std::vector<int64_t>;

/// Most numbers that one tensor may hold (1 GiB of float32): what a damaged file claims beyond that is an error, not an
/// allocation.
inline constexpr int64_t kMaxElements = int64_t{1} << 28;
inline constexpr size_t kMaxRank = 8;

/// Product of the extents. Throws ModelError when an extent is below 1, or rank or product exceed the limits above.
int64_t element_count(const Shape& shape);

/// "1x3x32x32"; "scalar" when empty.
std::string to_string(const Shape& shape);

/// Dense float32 numbers, row-major.
struct Tensor {
  Shape shape;
  std::vector<float> values;

  bool empty() const { return values.empty(); }
  bool operator==(const Tensor&) const = default;
};

/// Throws std::invalid_argument when the number of values does not fit the shape.
Tensor make_tensor(Shape shape, std::vector<float> values);

}  // namespace flashcell::quant
