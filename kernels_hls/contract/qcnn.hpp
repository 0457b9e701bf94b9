#pragma once
#include <stdint.h>

// A quantized convolutional network as the layer-programmable engine reads it: tables of fixed-size descriptors and
// packed weights, little-endian. Kernel, CPU implementation and file hold the same bytes.
//
// Arithmetic, the same everywhere:
//   value        real = scale * (q - zero_point); weights have zero point 0 and one scale an output channel
//   weights      acc = bias + sum(q * w), 32 bits signed, exact: the model is proved never to overflow.
//                Outside of the image q is the input's zero point.
//   requantize   R(acc) = (acc * multiplier + 2^(shift-1)) >> shift: 64-bit product, arithmetic shift: round half up
//
//   convolution, depthwise, fully connected   y = clamp(R(acc)); multiplier and shift of the output channel. A zero
//                point of the input or the output is folded into the bias.
//   max pool     y = max(q) over what of the window lies inside the image
//   average pool y = clamp(zero_y + R(sum(q - zero_x))); outside of the image is 0, and counts; so the multiplier
//                holds scale_x / scale_y / window
//   global average pool   the same over the whole image
//   add          t_i = R_i(q_i - zero_i), 16 bits, in steps of 2^-fraction_bits of the output's;
//                y = clamp(zero_y + ((t_0 + t_1 + 2^(fraction_bits-1)) >> fraction_bits)); no rounding where
//                fraction_bits is 0
//   concat       along channels: y = clamp(zero_y + R_i(q - zero_i))
//   upsample     nearest: every pixel `stride` times in both directions; y = q
//
// clamp is to [clamp_low, clamp_high]: ReLU is clamp_low = zero point of the output.
namespace flashcell {
namespace contract {

/// Raised whenever a layout or a meaning in this file changes.
constexpr uint32_t kQcnnVersion = 1;

constexpr int kMaxTensorSide = 4096;      ///< px
constexpr int kMaxTensorChannels = 4096;  ///< of one tensor
constexpr int kMaxLayers = 1024;
constexpr int kMaxTensors = 2048;
constexpr int kMaxKernelSide = 7;
constexpr int kMaxPoolSide = 15;
constexpr int kMaxUpsample = 8;
constexpr int kMaxLayerInputs = 4;
constexpr int kMaxShift = 47;
constexpr int kMaxFractionBits = 8;
constexpr uint32_t kMinMultiplier = 1u << 15;  ///< the largest is what 16 bits hold
constexpr uint32_t kWeightAlignment = 64;      ///< bytes; of each layer's weights
constexpr uint32_t kMaxArenaBytes = 1u << 28;
constexpr uint32_t kMaxWeightBytes = 1u << 28;

enum class LayerKind : uint8_t {
  convolution = 1,
  depthwise = 2,        ///< one filter a channel
  fully_connected = 3,  ///< over the whole input, flattened row, column, channel
  max_pool = 4,
  average_pool = 5,
  global_average_pool = 6,
  add = 7,
  concat = 8,
  upsample = 9,
};

/// One byte a value in memory, also where `bits` is 4.
enum class ActivationType : uint8_t { unsigned8 = 0, signed8 = 1 };

enum TensorRole : uint8_t { kInnerTensor = 0, kInputTensor = 1, kOutputTensor = 2 };  ///< bits

/// (acc * multiplier + 2^(shift-1)) >> shift.
struct Requantization {
  uint16_t multiplier;  ///< [2^15, 2^16); 0 where a descriptor does not use it
  uint8_t shift;        ///< 1..kMaxShift
  uint8_t reserved;     ///< 0
};
static_assert(sizeof(Requantization) == 4, "host and kernel share this layout");

/// One output channel of a layer that has weights.
struct ChannelParameters {
  int32_t bias;
  Requantization scale;
};
static_assert(sizeof(ChannelParameters) == 8, "host and kernel share this layout");

/// A tensor: height * width * channels bytes at `arena_offset`, channels fastest, then columns, then rows.
struct TensorDescriptor {
  uint16_t height, width, channels;
  ActivationType type;
  uint8_t bits;  ///< 8 or 4: unsigned [0, 2^bits - 1], signed [-2^(bits-1), 2^(bits-1) - 1]
  int16_t zero_point;
  uint8_t role;  ///< TensorRole bits
  uint8_t reserved;
  uint32_t arena_offset;  ///< bytes
};
static_assert(sizeof(TensorDescriptor) == 16, "host and kernel share this layout");

/// One layer: one 512-bit word. Layers run in the table's order.
///
/// Weights: convolution [output channel][kernel row][kernel column][input channel]; depthwise [kernel row][kernel
/// column][channel]; fully connected [output][input row][input column][input channel]. 8 bits: a byte each; 4 bits:
/// two a byte, the first one in the low half; 2 bits: four a byte, lowest bits first; two's complement.
struct LayerDescriptor {
  LayerKind kind;
  uint8_t input_count;
  uint8_t kernel_height, kernel_width;  ///< convolution, depthwise 1..7, pools 1..15; else 1
  uint8_t stride;                       ///< 1, 2 or 4; pools 1..15; upsample: the factor; else 1
  uint8_t pad_top, pad_left, pad_bottom, pad_right;
  uint8_t weight_bits;  ///< 8, 4, 2; 0 where there are none
  uint8_t fraction_bits;
  uint8_t reserved0;
  int16_t clamp_low, clamp_high;
  uint16_t inputs[kMaxLayerInputs];  ///< tensors; 0 beyond input_count
  uint16_t output;
  uint16_t reserved1;
  Requantization input_scale[kMaxLayerInputs];  ///< add, concat: one an input; average pools: the first
  uint32_t first_channel;                       ///< into the table of ChannelParameters; one an output channel
  uint32_t weight_offset;                       ///< bytes into the weights, a multiple of kWeightAlignment
  uint32_t weight_bytes;
  uint8_t reserved2[8];
};
static_assert(sizeof(LayerDescriptor) == 64, "host and kernel share this layout");

/// First word of a model's image; the tables follow in this order, each on the next multiple of 64 bytes: layers,
/// tensors, channels, weights.
struct QcnnHeader {
  uint32_t version;  ///< kQcnnVersion
  uint32_t layer_count, tensor_count, channel_count;
  uint32_t weight_bytes;
  uint32_t arena_bytes;
  uint32_t input_bytes, output_bytes;  ///< of one item: all input (output) tensors in the table's order, without gaps
  uint32_t reserved[8];
};
static_assert(sizeof(QcnnHeader) == 64, "host and kernel share this layout");

constexpr bool has_weights(LayerKind kind) {
  return kind == LayerKind::convolution || kind == LayerKind::depthwise || kind == LayerKind::fully_connected;
}

/// Range of a tensor's values.
constexpr int lowest(ActivationType type, int bits) {
  return type == ActivationType::signed8 ? -(1 << (bits - 1)) : 0;
}
constexpr int highest(ActivationType type, int bits) {
  return type == ActivationType::signed8 ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
}

/// Bytes of `count` packed weights.
constexpr uint64_t packed_bytes(uint64_t count, int bits) {
  return (count * static_cast<uint64_t>(bits) + 7) / 8;
}

/// The weight at `index`, sign-extended.
inline int unpack_weight(const uint8_t* packed, uint64_t index, int bits) {
  const uint64_t first_bit = index * static_cast<uint64_t>(bits);
  const int field = (packed[first_bit / 8] >> (first_bit % 8)) & ((1 << bits) - 1);
  return field >= 1 << (bits - 1) ? field - (1 << bits) : field;
}

/// R(acc) of the file's head.
inline int64_t requantize(int64_t acc, Requantization scale) {
  return (acc * scale.multiplier + (int64_t{1} << (scale.shift - 1))) >> scale.shift;
}

}  // namespace contract
}  // namespace flashcell
