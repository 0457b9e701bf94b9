#pragma once
#include <cstdint>

// Fake quantization of many numbers of one scale and its gradients, in vectors, one pass over the numbers each: in
// training they lie behind every layer.
namespace flashcell::quant {

/// Integers lowest to highest (without a zero point) times `scale`.
struct QuantizationSteps {
  float scale = 1, lowest = -127, highest = 127;
};

/// out[i] = scale * clamp(round_half_up(in[i] / scale), lowest, highest); NaN stays NaN. The same bytes on every
/// machine.
void fake_quantize(const float* in, int64_t count, const QuantizationSteps& steps, float* out);

/// Straight-through: of_in[i] = of_out[i] where in[i] / scale rounds to an integer of the range, else 0. Returns the
/// gradient of the scale (Esser et al., LSQ, ICLR 2020, equation 3): the sum of of_out[i] times q - in[i] / scale in
/// the range, times the nearer bound beyond it. The same bytes on every machine.
double fake_quantize_gradients(const float* in, const float* of_out, int64_t count, const QuantizationSteps& steps,
                               float* of_in);

}  // namespace flashcell::quant
