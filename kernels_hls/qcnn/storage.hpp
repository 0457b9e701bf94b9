#pragma once
#include "kernels_hls/qcnn/memory.hpp"

namespace flashcell {
namespace kernels {

/// Bits that a build keeps on chip: the README's table. Buffers of the ports come on top.
struct QcnnStorage {
  long long activations, weights, channels, tensors;

  constexpr long long total() const { return activations + weights + channels + tensors; }
};

constexpr int kChannelBits = 32 + 16 + 6;             // bias, multiplier, shift
constexpr int kTensorBits = 3 * 13 + 1 + 9 + 2 + 20;  // sides and channels, sign, zero point, role, offset

template <class S>
constexpr QcnnStorage qcnn_storage() {
  return QcnnStorage{8LL * kLanes * (S::kArenaBytes / kLanes + 3), 8LL * kLanes * kLanes * S::kWeightWords,
                     static_cast<long long>(S::kChannels) * kChannelBits,
                     static_cast<long long>(S::kTensors) * kTensorBits};
}

}  // namespace kernels
}  // namespace flashcell
