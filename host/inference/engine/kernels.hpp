#pragma once
#include <stddef.h>
#include <stdint.h>

#include "host/inference/engine/matrix.hpp"
#include "kernels_hls/contract/qcnn.hpp"

// What the engine asks of an instruction set. Files that are compiled for one set call no inline function of a shared
// header: the compiler could emit it with that set's instructions, and the linker take that copy for everybody.
namespace flashcell::host::inference {

/// A tensor in the engine's memory, with a border of zero points around it that convolutions read as padding.
/// Signed values are stored plus 128, so that every value is a uint8_t and the order of values is kept.
struct Map {
  uint8_t* first;  ///< row 0, column 0, channel 0 of item 0
  int height, width;
  /// From one pixel to the next, bytes: twice as many as channels where a value has two; more than the layer's where it
  /// writes into a concatenation or a product's matrix lies among others.
  int channels;
  ptrdiff_t row_bytes, item_bytes;  ///< from one row, item to the next
  bool bordered;                    ///< false: rows follow each other without gaps
  int zero;                         ///< stored zero point
  bool far;                         ///< the caller's memory, which no near cache may hold
};

/// Channels are worked on in blocks; weights and parameters are padded with zeros up to whole ones.
constexpr int kBlock = 16;

/// What a concatenation makes of a layer's values y where that writes them into its place at once:
/// clamp(stored_zero + R(y - zero)).
struct Rescaling {
  bool used;
  contract::Requantization exact;
  int zero, stored_zero, low, high;
  /// The same in floats, as in WeightedLayer::fast: d = floor(acc * its scale + first_offset) is y - zero before the
  /// layer's own clamp, which is then [least, most]; R(d) + stored_zero = floor(d * scale + offset).
  float first_offset, least, most, scale, offset;
};

/// A convolution, depthwise convolution or fully connected layer (a convolution whose window is the whole input).
struct WeightedLayer {
  int kernel_height, kernel_width;
  int stride_rows, stride_columns, dilation_rows, dilation_columns, pad_top, pad_left;
  int channels;         ///< of the output
  int runs;             ///< of one row of the window: values that are neighbours in memory; 1, more where it is dilated
  int row_values;       ///< values of one run, all input channels
  int groups;           ///< row_values / Kernels::group, rounded up; depthwise: see prepack.hpp
  const void* weights;  ///< int8_t or int16_t; see prepack.hpp
  const int32_t* bias;  ///< minus 128 times the weights' sum where the input is stored plus 128
  const contract::Requantization* exact;
  const double* exact_scale;  ///< multiplier / 2^shift: exact in doubles, as is what follows for `fast`
  /// The same as `exact` for every sum that can occur, where `fast`: y + stored = floor(acc * scale + offset), rounded
  /// down as a float. That is exact because an integer that fits into a float's 24 bits never lies between a number
  /// and the float below it; and because sums that do not fit are clamped anyway.
  bool fast;
  const float* scale;
  float offset;       ///< stored_offset + 1/2
  int stored_offset;  ///< 128 for signed outputs, else 0
  int low, high;      ///< the clamp of stored values
  bool words;         ///< the output has 16 bits a value
  Rescaling rescaling;
};

/// A pool: windows clipped to the image.
struct PoolLayer {
  int kernel_height, kernel_width, stride, pad_top, pad_left;
  contract::Requantization scale;
  int stored_zero;  ///< of the output
  int low, high;    ///< the clamp of stored values
};

/// y = clamp(stored_zero + ((R_0(a) + R_1(b) + half) >> fraction_bits)).
struct AddLayer {
  contract::Requantization scale[2];
  int zero[2];  ///< stored zero points of the inputs
  int fraction_bits;
  int stored_zero, low, high;
};

/// One input of a concatenation: y = clamp(stored_zero + R(q - zero)) into channels from `first_channel` on.
struct CopyLayer {
  contract::Requantization scale;
  bool identity;  ///< y = q
  int zero, stored_zero, low, high;
  int first_channel;
};

/// How the weights of a depthwise convolution are laid out (prepack.hpp).
enum class DepthwiseTaps : uint8_t { pairs, fours };

/// One instruction set.
struct Kernels {
  int group;  ///< reduction steps whose weights stand together
  bool wide;  ///< weights are int16_t and inputs are widened to uint16_t in `scratch`
  DepthwiseTaps taps;
  PackMatrix pack_matrix;
  void (*convolution)(const WeightedLayer& layer, const Map& in, const Map& out, int items, uint16_t* scratch);
  void (*depthwise)(const WeightedLayer& layer, const Map& in, const Map& out, int items);
  void (*max_pool)(const PoolLayer& layer, const Map& in, const Map& out, int items);
  void (*average_pool)(const PoolLayer& layer, const Map& in, const Map& out, int items);
  void (*add)(const AddLayer& layer, const Map& a, const Map& b, const Map& out, int items);
  void (*copy)(const CopyLayer& layer, const Map& in, const Map& out, int items);
  void (*upsample)(int factor, const Map& in, const Map& out, int items);
};

const Kernels& scalar_kernels();
#if defined(__x86_64__)
const Kernels& avx2_kernels();
const Kernels& avx512_vnni_kernels();
#endif

}  // namespace flashcell::host::inference
