#pragma once
#include <stddef.h>
#include <stdint.h>

#include "host/inference/engine/kernels.hpp"

// Layers that look at the channels of a pixel together, or at each number alone: what the engine asks of an
// instruction set for them. Bytes are stored as Map says, 16-bit values as they are.
namespace flashcell::host::inference {

/// How values lie in memory.
enum class ValueType : uint8_t { bytes, unsigned_words, signed_words };

/// A double's last bit is 1 from here to 2^53: what is added to it is rounded to a whole number.
constexpr double kWholeNumbers = 0x1.8p52;

/// I-LayerNorm: y = clamp(floor((floor(distance to the mean * factor / 2) + bias) * scale + offset)).
struct LayerNormLayer {
  int channels;
  ValueType in, out;
  const double* bias;   ///< whole numbers below 2^51, less kWholeNumbers; padded to whole blocks of 16
  const double* scale;  ///< multiplier / 2^shift, likewise
  double offset;        ///< the output's stored zero point + 1/2
  const contract::ChannelParameters* exact;  ///< the same as bias and scale
  int stored_zero;
  int low, high;      ///< the clamp of stored values
  bool bounded;       ///< no result needs more than 31 bits
  int fraction_bits;  ///< numbers are multiplied by 2 to this first; they then have at most 16 bits
};

/// Shiftmax of bytes. No sum of a row reaches 2^31 - 1.
struct SoftmaxLayer {
  int channels;
  const uint32_t* exponentials;  ///< of 0, -1, ..., -255
  int fraction_bits;
  ValueType out;
  int stored_offset;  ///< what is added to the results
  int low, high;      ///< the clamp of results, before it is added
};

/// Bytes of bytes by tables of 256 entries.
struct TableLayer {
  enum class Choice : uint8_t {
    only,        ///< there is one table
    by_channel,  ///< each channel has its own
    by_largest,  ///< ShiftGELU: that of the row's largest value less `zero`; below 0 the first
  };
  int channels;
  const uint8_t* entries;
  Choice choice;
  int zero;  ///< stored zero point of the input
};

/// Sums of values of any type, and products.
struct PairLayer {
  ValueType in[2], out;
  int zero[2];                        ///< stored zero points
  double scale[2];                    ///< multiplier / 2^shift; of a product the first
  contract::Requantization exact[2];  ///< the same
  int fraction_bits;                  ///< of a sum
  bool floats;                        ///< floats are exact too
  double half, step;                  ///< of a sum: 2^(fraction_bits-1), 0 where there are none, and 2^-fraction_bits
  int stored_zero;
  int low, high;     ///< the clamp of stored values
  int channels;      ///< of the output and the first input
  bool one_channel;  ///< the second input has one number for all channels of a pixel
  bool one_pixel;    ///< the second input has one pixel for all
};

/// One instruction set.
struct RowKernels {
  void (*layer_norm)(const LayerNormLayer& layer, const Map& in, const Map& out, int items);
  void (*softmax)(const SoftmaxLayer& layer, const Map& in, const Map& out, int items);
  void (*table)(const TableLayer& layer, const Map& in, const Map& out, int items);
  void (*add)(const PairLayer& layer, const Map& a, const Map& b, const Map& out, int items);
  void (*multiply)(const PairLayer& layer, const Map& a, const Map& b, const Map& out, int items);
};

const RowKernels& plain_row_kernels();
#if defined(__x86_64__)
const RowKernels& avx512_row_kernels();
#endif

}  // namespace flashcell::host::inference
