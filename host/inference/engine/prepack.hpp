#pragma once
#include <cstdint>
#include <vector>

#include "base/aligned_vector.hpp"
#include "host/inference/engine/kernels.hpp"
#include "quant_models/packed/packed_model.hpp"

namespace flashcell::host::inference {

/// Weights and parameters of one layer as an instruction set reads them. Weights of 4 and 2 bits are widened here,
/// once: afterwards they are as fast as those of 8 bits.
///
/// Convolution, fully connected: [block of 16 channels][row of the window][group][channel of the block][step of the
/// group], where steps run through the row's columns and input channels.
///
/// Depthwise in pairs, 16 bits: [block][pair of taps][channel of the block][tap of the pair]. In fours, 8 bits: [block
/// of 64 channels][row of the window][group of four columns][shift][channel of the block][column of the group]; shift 1
/// (stride 1 only) is the same row one column further, for the next pixel's window. Channels, and bias and scales,
/// stand as unpacking bytes brings them: 64 channels are four lanes of 16, and the first quarter of the block is the
/// first quarter of each lane. The last block repeats its channels where they fill half of the lanes or one.
///
/// Missing channels, steps and taps are 0.
struct PackedLayer {
  AlignedVector<int8_t> narrow;
  AlignedVector<int16_t> wide;
  AlignedVector<int32_t> bias;
  AlignedVector<float> scale;
  AlignedVector<double> exact_scale;
  std::vector<contract::Requantization> exact;
  WeightedLayer layer = {};  ///< points into the vectors above: move it, do not copy it

  PackedLayer() = default;
  PackedLayer(PackedLayer&&) = default;
  PackedLayer& operator=(PackedLayer&&) = default;
  PackedLayer(const PackedLayer&) = delete;
  PackedLayer& operator=(const PackedLayer&) = delete;
};

/// For a layer with weights.
PackedLayer prepack(const quant::PackedModel& model, const contract::LayerDescriptor& layer, const Kernels& kernels);

/// Has the layer make, and write, what a concatenation that is its only reader makes of its values. Needs
/// WeightedLayer::fast.
void append_copy(PackedLayer& packed, const CopyLayer& copy);

/// What is added to a value of the tensor when it is stored: 128 for signed ones, so that every value is a uint8_t.
inline int stored_offset(const contract::TensorDescriptor& tensor) {
  return tensor.type == contract::ActivationType::signed8 ? 128 : 0;
}

}  // namespace flashcell::host::inference
