#pragma once
#include "kernels_hls/qcnn/memory.hpp"

namespace flashcell {
namespace kernels {

/// Bits that a build keeps on chip: the README's table. Buffers of the ports come on top.
struct QcnnStorage {
  long long activations, weights, channels, tensors, rows;

  constexpr long long total() const { return activations + weights + channels + tensors + rows; }
};

constexpr int kChannelBits = 64 + 32 + 6;  // bias, multiplier, shift
// Sides and channels, bytes, bits, sign, zero point, role, offset.
constexpr int kTensorBits = 3 * 13 + 2 + 5 + 1 + 9 + 2 + 20;
constexpr int kRowBits = 64 + 31 + 32;  // sum, factor, origin

template <class S>
constexpr QcnnStorage qcnn_storage() {
  return QcnnStorage{8LL * kLanes * (S::kArenaBytes / kLanes + 3), 8LL * kLanes * kLanes * S::kWeightWords,
                     static_cast<long long>(S::kChannels) * kChannelBits,
                     static_cast<long long>(S::kTensors) * kTensorBits,
                     static_cast<long long>(contract::kQcnnRows) * kRowBits};
}

}  // namespace kernels
}  // namespace flashcell
