#pragma once
#include <stdint.h>

#include "kernels_hls/contract/qcnn_kernel.hpp"
#include "kernels_hls/qcnn/words.hpp"

// What the kernel keeps on chip.
namespace flashcell {
namespace kernels {

/// The sizes of one build.
template <int kBuild>
struct QcnnSizes {
  static constexpr uint32_t kArenaBytes = contract::kQcnnBuilds[kBuild].arena_bytes;
  static constexpr uint32_t kWeightWords = contract::kQcnnBuilds[kBuild].weight_words;
  static constexpr uint32_t kChannels = contract::kQcnnBuilds[kBuild].channels;
  static constexpr uint32_t kTensors = contract::kQcnnBuilds[kBuild].tensors;
};

/// A tensor's place and meaning.
struct Tensor {
  uint16_t height, width;
  uint32_t channels;
  uint8_t bytes;  ///< of a value: 1 or 2
  uint8_t bits;
  bool is_signed;
  int16_t zero_point;
  uint8_t role;
  uint32_t offset;
};

/// All activations, byte by byte over kLanes banks: kLanes neighbouring bytes are read or written in one clock from any
/// address. One unused row of bytes before and behind, where pieces of a padded row stick out.
template <class S>
class Arena {
 public:
  Lanes read(int64_t address) const {
    FLASHCELL_HLS(INLINE)
    const uint32_t first = static_cast<uint32_t>(address + kLanes);
    Lanes banks, lanes;
    for (int bank = 0; bank < kLanes; ++bank) {
      FLASHCELL_HLS(UNROLL)
      banks.value[bank] = bytes_[bank][first / kLanes + (static_cast<uint32_t>(bank) < first % kLanes)];
    }
    for (int lane = 0; lane < kLanes; ++lane) {
      FLASHCELL_HLS(UNROLL)
      lanes.value[lane] = banks.value[(first + static_cast<uint32_t>(lane)) % kLanes];
    }
    return lanes;
  }

  /// The first `count` lanes.
  void write(uint32_t address, const Lanes& lanes, int count) {
    FLASHCELL_HLS(INLINE)
    const uint32_t first = address + kLanes;
    for (int bank = 0; bank < kLanes; ++bank) {
      FLASHCELL_HLS(UNROLL)
      const uint32_t lane = (static_cast<uint32_t>(bank) + kLanes - first % kLanes) % kLanes;
      if (lane < static_cast<uint32_t>(count)) {
        bytes_[bank][first / kLanes + (static_cast<uint32_t>(bank) < first % kLanes)] = lanes.value[lane];
      }
    }
  }

 private:
  uint8_t bytes_[kLanes][S::kArenaBytes / kLanes + 3];
};

/// Bias, multiplier and shift of one output channel.
struct Channel {
  int64_t bias;  ///< 32 bits but for a layer norm
  int32_t multiplier;
  uint8_t shift;
};

/// Everything, partitioned so that a clock reaches one word of each lane.
template <class S>
struct Memory {
  Arena<S> arena;
  Tensor tensors[S::kTensors];
  /// weights[word][output channel of the tile][value of the piece]; a depthwise layer uses the first channel's place, a
  /// product has its second matrix here, a table a copy of its entries for each lane.
  int8_t weights[S::kWeightWords][kLanes][kLanes];
  Channel channels[S::kChannels / kLanes][kLanes];
};

}  // namespace kernels
}  // namespace flashcell
