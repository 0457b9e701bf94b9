#pragma once
#include <stdint.h>

// A quantized network as the layer-programmable engine reads it: tables of fixed-size descriptors and packed weights,
// little-endian. Kernel, CPU implementation and file hold the same bytes.
//
// Arithmetic, the same everywhere:
//   value        real = scale * (q - zero_point); weights have zero point 0 and one scale an output channel
//   weights      acc = bias + sum(q * w), 32 bits signed, exact: the model is proved never to overflow.
//                Outside of the image q is the input's zero point.
//   requantize   R(x) = (x * multiplier + 2^(shift-1)) >> shift: 64 bits, arithmetic shift: round half up.
//                Multipliers have 16 bits, [2^15, 2^16); or, where a layer is said to be dyadic, 31 bits and a sign,
//                any but 0 (m / 2^e of I-ViT, Li and Gu, ICCV 2023)
//
// Layers with weights (strides 1 to 4 and dilation 1 to 16 in each direction):
//   convolution, depthwise, fully connected   y = clamp(R(acc)); multiplier and shift of the output channel. A zero
//                point of the input or the output is folded into the bias. A fully connected layer of every token
//                is a convolution 1x1 over an image whose rows are the tokens
//   transposed convolution   the same over the input spread out: its pixel (r, c) stands at (stride * r, stride * c),
//                every other place holds its zero point; tap (i, j) of the window reads place
//                (row + pad_top - dilation * i, column + pad_left - dilation * j)
// Layers that compute without weights:
//   max pool     y = max(q) over what of the window lies inside the image
//   average pool y = clamp(zero_y + R(sum(q - zero_x))); outside of the image is 0, and counts; so the multiplier
//                holds scale_x / scale_y / window
//   global average pool   the same over the whole image; channel mean: over the channels of each pixel
//   add          t_i = R_i(q_i - zero_i), in steps of 2^-fraction_bits of the output's;
//                y = clamp(zero_y + ((t_0 + t_1 + 2^(fraction_bits-1)) >> fraction_bits)); no rounding where
//                fraction_bits is 0. t_i has 16 bits; 31 bits where a tensor has more than 8: the layer is then dyadic.
//                The second input may have one pixel (one number a channel), or one channel (one number a pixel)
//   multiply     y = clamp(zero_y + R((q_0 - zero_0) * (q_1 - zero_1))), the second input as that of an add
//   product      of matrices, dyadic: y = clamp(zero_y + R(sum over depth of (a - zero_a) * (b - zero_b))), for every
//                outer, inner, row and column; places of a, b and y follow from Strides: transposed matrices, heads
//                and parts of a tensor cost nothing
//   linear upsample   by whole factors, half-pixel centres: y = clamp(zero_y + R(sum(w * (q - zero_x)))), w the whole
//                numbers of linear_place(), rows' times columns'; they sum up to 4 * both factors, by which the
//                multiplier divides
// Layers of I-ViT (qcnn_functions.hpp); a row is the channels of one pixel:
//   layer norm   y = clamp(zero_y + R(layer_norm(row * 2^fraction_bits) + bias)), dyadic, of the output channel; one
//                step of layer_norm() is sqrt(channels) / 2^30. Its root is exact enough for values of 16 bits:
//                narrower ones are multiplied up to them
//   softmax      y = clamp(softmax(row)), in steps of 2^-fraction_bits
//   gelu         y = clamp(zero_y + R(gelu(row))), dyadic; one step of gelu() is scale_x / 2^7
// Layers that look numbers up or move them:
//   table        y = entry q - lowest of a table for all channels, or of the channel's own; inputs of up to 8 bits
//   concat       along an axis: y = clamp(zero_y + R_i(q - zero_i))
//   upsample     nearest: every pixel `stride` times in each direction
//   move         every number of the output from one place: both follow from Strides
//   gather       runs of neighbouring numbers, each from the run of that number in a list; below 0: the zero point
//   pad          rows and columns around the image that hold `constant`
//   constant     numbers that are there before a run
//
// clamp is to [clamp_low, clamp_high]: ReLU is clamp_low = zero point of the output. Max pool, upsample, move, gather
// and pad keep the input's meaning: y = q.
namespace flashcell {
namespace contract {

/// Raised whenever a layout or a meaning in this file changes.
constexpr uint32_t kQcnnVersion = 2;

constexpr int kMaxTensorSide = 4096;      ///< px
constexpr int kMaxTensorChannels = 4096;  ///< of one tensor
constexpr int kMaxLayers = 1024;
constexpr int kMaxTensors = 2048;
constexpr int kMaxLayerInputs = 256;
constexpr int kMaxInputs = 16384;  ///< of all layers together
constexpr int kMaxValueBits = 16;
constexpr int kMaxKernelSide = 11;
constexpr int kMaxStride = 4;
constexpr int kMaxDilation = 16;
constexpr int kMaxPoolSide = 15;
constexpr int kMaxUpsample = 8;
constexpr int kMaxShift = 47;
constexpr int kMaxDyadicShift = 62;
constexpr int kMaxFractionBits = 8;         ///< of an add
constexpr int kMaxSoftmaxBits = 16;         ///< of a softmax's fraction
constexpr int32_t kMaxSoftmaxUnit = 65535;  ///< the integer of 1; so that no exponential is above 2^31
constexpr int32_t kMaxGeluUnit = 255;
constexpr int32_t kMinMultiplier = 1 << 15;  ///< of 16 bits
constexpr int32_t kEndMultiplier = 1 << 16;  ///< beyond the largest of 16 bits
constexpr uint32_t kWeightAlignment = 64;    ///< bytes; of each layer's weights
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
  transposed_convolution = 10,
  channel_mean = 11,
  multiply = 12,
  product = 13,
  linear_upsample = 14,
  layer_norm = 15,
  softmax = 16,
  gelu = 17,
  table = 18,
  move = 19,
  gather = 20,
  pad = 21,
  constant = 22,
};
constexpr int kLayerKinds = 22;

/// Two's complement where signed. One byte a value in memory for up to 8 bits, also where there are fewer, else two.
enum class ActivationType : uint8_t { unsigned8 = 0, signed8 = 1, unsigned16 = 2, signed16 = 3 };

enum TensorRole : uint8_t { kInnerTensor = 0, kInputTensor = 1, kOutputTensor = 2 };  ///< bits

enum class Axis : uint8_t { rows = 0, columns = 1, channels = 2 };

/// (x * multiplier + 2^(shift-1)) >> shift.
struct Requantization {
  int32_t multiplier;  ///< 0 where a descriptor does not use it
  uint8_t shift;       ///< 1..kMaxShift, dyadic ones 1..kMaxDyadicShift
  uint8_t reserved[3];
};
static_assert(sizeof(Requantization) == 8, "host and kernel share this layout");

/// One output channel of a layer that has weights, or of a layer norm.
struct ChannelParameters {
  int64_t bias;  ///< 32 bits but for a layer norm
  Requantization scale;
};
static_assert(sizeof(ChannelParameters) == 16, "host and kernel share this layout");

/// What a layer reads.
struct LayerInput {
  uint16_t tensor;
  uint16_t reserved0;
  /// Add, concat: of each input. Pools, means, multiply, product, linear upsample, gelu: of the first.
  Requantization scale;
  uint32_t reserved1;
};
static_assert(sizeof(LayerInput) == 16, "host and kernel share this layout");

/// A tensor: height * width * channels values at `arena_offset`, channels fastest, then columns, then rows.
struct TensorDescriptor {
  uint16_t height, width, channels;
  ActivationType type;
  uint8_t bits;        ///< 1 to 8, or 9 to 16: unsigned [0, 2^bits - 1], signed [-2^(bits-1), 2^(bits-1) - 1]
  int16_t zero_point;  ///< 0 where there are more than 8 bits
  uint8_t role;        ///< TensorRole bits
  uint8_t reserved;
  uint32_t arena_offset;  ///< bytes; a multiple of a value's
};
static_assert(sizeof(TensorDescriptor) == 16, "host and kernel share this layout");

/// Where the value at (outer, inner, row, column) lies in a tensor: in values (not bytes) from its first one,
/// first + outer * this.outer + inner * this.inner + row * this.row + column * this.column.
struct Strides {
  uint32_t first, outer, inner, row, column;
};

/// One layer: two 512-bit words. Layers run in the table's order.
///
/// Weights: convolutions [output channel][kernel row][kernel column][input channel]; depthwise [kernel row][kernel
/// column][channel]; fully connected [output][input row][input column][input channel]. Narrow two's complement, without
/// -2^(bits-1), the first weight in the lowest bits, without gaps between bytes; 1 bit: -1 is 0, 1 is 1; ternary: five
/// a byte, which is the sum of (w_i + 1) * 3^i.
/// Other kinds' weights are data, of bytes: constant: the output's values; table: one of the output's values for each
/// value of the input, once or for every channel; gather: int32_t for each run of the output.
struct LayerDescriptor {
  LayerKind kind;
  uint8_t weight_bits;                      ///< 1..8 or kTernaryBits; 0 where there are none
  uint8_t fraction_bits;                    ///< add, softmax, layer norm
  Axis axis;                                ///< concat
  uint8_t kernel_height, kernel_width;      ///< layers with weights 1..11, pools 1..15; else 1
  uint8_t stride_rows, stride_columns;      ///< layers with weights 1..4, pools 1..15; upsamples: factor; else 1
  uint8_t dilation_rows, dilation_columns;  ///< layers with weights 1..16; else 1
  uint8_t pad_top, pad_left, pad_bottom, pad_right;
  uint16_t input_count;
  int32_t clamp_low, clamp_high;
  uint32_t first_input;  ///< into the table of LayerInput
  uint16_t output;       ///< tensor
  uint16_t reserved0;
  uint32_t first_channel;  ///< into the table of ChannelParameters; one an output channel
  uint32_t weight_offset;  ///< bytes into the weights, a multiple of kWeightAlignment
  uint32_t weight_bytes;
  int32_t constant;  ///< pad: the value outside; softmax, gelu: the integer of -1, floor(-1 / scale); gather: values of
                     ///< a run; else 0
  // Product, move; else 0. A move has no depth.
  uint16_t outer, inner, rows, columns, depth;
  uint16_t reserved1;
  Strides first_strides;   ///< of a product's a (its column is the depth), of a move's input
  Strides second_strides;  ///< of a product's b (its row is the depth)
  Strides output_strides;
  uint8_t reserved2[8];
};
static_assert(sizeof(LayerDescriptor) == 128, "host and kernel share this layout");

/// First word of a model's image; the tables follow in this order, each on the next multiple of 64 bytes: layers,
/// inputs, tensors, channels, weights.
struct QcnnHeader {
  uint32_t version;  ///< kQcnnVersion
  uint32_t layer_count, tensor_count, channel_count;
  uint32_t weight_bytes;
  uint32_t arena_bytes;
  uint32_t input_bytes, output_bytes;  ///< of one item: all input (output) tensors in the table's order, without gaps
  uint32_t layer_input_count;          ///< of all layers together
  uint32_t reserved[7];
};
static_assert(sizeof(QcnnHeader) == 64, "host and kernel share this layout");

/// Layers whose weights are multiplied by inputs.
constexpr bool has_weights(LayerKind kind) {
  return kind == LayerKind::convolution || kind == LayerKind::depthwise || kind == LayerKind::fully_connected ||
         kind == LayerKind::transposed_convolution;
}
/// Layers whose weights are plain data.
constexpr bool has_data(LayerKind kind) {
  return kind == LayerKind::table || kind == LayerKind::gather || kind == LayerKind::constant;
}
/// Layers with ChannelParameters.
constexpr bool has_channels(LayerKind kind) {
  return has_weights(kind) || kind == LayerKind::layer_norm;
}

constexpr bool is_signed(ActivationType type) {
  return type == ActivationType::signed8 || type == ActivationType::signed16;
}
constexpr int bytes_per_value(ActivationType type) {
  return type == ActivationType::unsigned16 || type == ActivationType::signed16 ? 2 : 1;
}
/// The type that stores so many bits.
constexpr ActivationType activation_type(bool is_signed, int bits) {
  return bits > 8 ? (is_signed ? ActivationType::signed16 : ActivationType::unsigned16)
                  : (is_signed ? ActivationType::signed8 : ActivationType::unsigned8);
}

/// The value at `index` of a tensor's bytes, and its way back.
inline int32_t stored_value(const uint8_t* bytes, uint64_t index, ActivationType type) {
  switch (type) {
    case ActivationType::unsigned8:
      return bytes[index];
    case ActivationType::signed8:
      return static_cast<int8_t>(bytes[index]);
    default: {
      const int32_t both = bytes[2 * index] | bytes[2 * index + 1] << 8;
      return type == ActivationType::signed16 ? static_cast<int16_t>(both) : both;
    }
  }
}
inline void store_value(uint8_t* bytes, uint64_t index, ActivationType type, int64_t value) {
  if (bytes_per_value(type) == 1) {
    bytes[index] = static_cast<uint8_t>(value);
    return;
  }
  bytes[2 * index] = static_cast<uint8_t>(value);
  bytes[2 * index + 1] = static_cast<uint8_t>(value >> 8);
}

/// Range of a tensor's values.
constexpr int lowest(ActivationType type, int bits) {
  return is_signed(type) ? -(1 << (bits - 1)) : 0;
}
constexpr int highest(ActivationType type, int bits) {
  return is_signed(type) ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
}

/// Code of weights -1, 0 and 1, five a byte: 1.58 bits each.
constexpr int kTernaryBits = 158;

/// Largest weight of so many bits.
constexpr int largest_weight(int bits) {
  return bits == 1 || bits == kTernaryBits ? 1 : (1 << (bits - 1)) - 1;
}

/// Bytes of `count` packed weights.
constexpr uint64_t packed_bytes(uint64_t count, int bits) {
  return bits == kTernaryBits ? (count + 4) / 5 : (count * static_cast<uint64_t>(bits) + 7) / 8;
}

/// The weight at `index`.
inline int unpack_weight(const uint8_t* packed, uint64_t index, int bits) {
  if (bits == kTernaryBits) {
    int digits = packed[index / 5];
    for (uint64_t i = index % 5; i != 0; --i) digits /= 3;
    return digits % 3 - 1;
  }
  const uint64_t first_bit = index * static_cast<uint64_t>(bits);
  const int begin = static_cast<int>(first_bit % 8);
  int field = packed[first_bit / 8] >> begin;
  if (begin + bits > 8) field |= packed[first_bit / 8 + 1] << (8 - begin);
  field &= (1 << bits) - 1;
  if (bits == 1) return 2 * field - 1;
  return field >= 1 << (bits - 1) ? field - (1 << bits) : field;
}

/// R(x) of the file's head.
inline int64_t requantize(int64_t x, Requantization scale) {
  return (x * scale.multiplier + (int64_t{1} << (scale.shift - 1))) >> scale.shift;
}

}  // namespace contract
}  // namespace flashcell
