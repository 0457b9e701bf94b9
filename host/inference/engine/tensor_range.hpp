#pragma once
#include <algorithm>

#include "kernels_hls/contract/qcnn.hpp"

namespace flashcell::host::inference {

/// How many units hold `count`.
constexpr int whole(int count, int unit) {
  return (count + unit - 1) / unit;
}

inline bool in_bytes(const contract::TensorDescriptor& tensor) {
  return contract::bytes_per_value(tensor.type) == 1;
}

/// Of a value from its zero point.
inline double largest_distance(const contract::TensorDescriptor& tensor) {
  return std::max(tensor.zero_point - contract::lowest(tensor.type, tensor.bits),
                  contract::highest(tensor.type, tensor.bits) - tensor.zero_point);
}

}  // namespace flashcell::host::inference
