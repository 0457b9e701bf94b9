#pragma once
#include <cstddef>
#include <cstdint>

// What a step of integers is made of, many numbers at a time: integers alone, so that every instruction set gives the
// same bytes. Arrays are filled up to kIntegersTogether numbers, and those behind the last are worked on too.
namespace flashcell::quant {

/// Four vectors of the widest instruction set.
inline constexpr size_t kIntegersTogether = 64;
constexpr size_t padded_integers(size_t count) {
  return (count + kIntegersTogether - 1) / kIntegersTogether * kIntegersTogether;
}

/// out[row] = sum of columns[event * padded + row] * in[event] over the events. Sums must fit 32 bits.
void multiply_integer_columns(const int8_t* columns, size_t padded, const int16_t* in, const uint32_t* events,
                              size_t event_count, int32_t* out);

/// How the sums of a matrix's rows become 16 bits: values[row] = (sum * factor + 2^(shift - 1) >> shift) + bias,
/// saturated. Factors in 0..2^16, shifts in 1..62.
struct RowScales {
  const int32_t *factors, *shifts, *biases;
};
void rescale_sums(const int32_t* sums, const RowScales& scales, size_t count, int16_t* values);

/// Numbers of `hidden` units of an EGRU or GRU step in units of 2^-15, sums in units of 2^-11.
struct IntegerUnits {
  const int16_t *input, *recurrent;  ///< 3 x hidden sums each, as step_units() takes them; and a vector behind them
  const int32_t *sigmoid, *tanh;     ///< knots of GateTable
  const int32_t* thresholds;         ///< nullptr: a GRU
  int16_t *memory, *output;
};
void step_integer_units(const IntegerUnits& units, size_t hidden);

/// out[i] = in[i] * scale, to the nearest and saturated.
void round_to_integers(const float* in, float scale, size_t count, int16_t* out);

/// out[i] = sums[i] * scales[i] + biases[i] in float32, product and sum rounded one by one.
void scale_to_floats(const int32_t* sums, const float* scales, const float* biases, size_t count, float* out);

}  // namespace flashcell::quant
