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

/// x + limit * errors, limit = scale * highest: what cells of a device make of quantized weights x. The gradient passes
/// straight to x, and to the scale as errors grow with it, divided as that of fake_quantize().
at::Tensor with_errors(const at::Tensor& x, const at::Tensor& errors, const at::Tensor& scale, int32_t highest);

/// scale * 2^(-q/2) with q = round(-2 log2(x / scale)), 0 where q reaches `highest`: fake_quantize() of the graph for
/// QuantizationKind::log_sqrt2, to float32's precision. The gradient passes straight through the rounding.
at::Tensor fake_quantize_log_sqrt2(const at::Tensor& x, float scale, int32_t highest);

}  // namespace flashcell::quant
