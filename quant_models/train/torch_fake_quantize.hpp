#pragma once
#include <ATen/ATen.h>

#include <cstdint>

namespace flashcell::quant {

/// The range of stored integers and where zero lies: Quantization without its scales.
struct IntegerRange {
  int32_t lowest = -127, highest = 127, zero_point = 0;
};

/// scale * (clamp(round_half_up(x / scale) + zero_point, lowest, highest) - zero_point): number for number what
/// fake_quantize() of the graph computes. `scale` has one number, or one for each index of x's first dimension.
/// Gradients pass straight through the rounding: of x where it is not clipped; of the scale as learned step size
/// quantization has it (Esser et al., LSQ, ICLR 2020, equations 3 to 5): q - x / scale inside the range, the
/// bound beyond it (there it is that of PACT's learned clip, Choi et al., 2018), summed and divided by
/// sqrt(numbers of one scale * highest).
at::Tensor fake_quantize(const at::Tensor& x, const at::Tensor& scale, const IntegerRange& range);

}  // namespace flashcell::quant
