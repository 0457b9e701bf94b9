#pragma once
#include <cstdint>

// Functions of many numbers in float32, one by one in vectors: sums and products in a written-out order, each rounded,
// so that the bytes are the same on every machine.
namespace flashcell::quant {

/// out[i] = exp(in[i] - shift), to 2 units in the last place; 0 and infinity beyond float32.
/// By x = n ln 2 + r and the Taylor polynomial of degree 7 in r (remainder below 6e-9 of the result).
void exponentials(const float* in, float shift, float* out, int64_t count);

/// out[i] = erf(in[i]), to 3e-7 of the result. |x| < 1: Taylor polynomial of degree 19; else 1 - erfc(|x|) with the
/// approximation of Press et al., Numerical Recipes, 6.2.
void error_functions(const float* in, float* out, int64_t count);

/// x / 2 * (1 + erf(x / sqrt 2)): Hendrycks and Gimpel, Gaussian Error Linear Units, 2016. Its tail below 0 keeps its
/// relative accuracy.
void gelus(const float* in, float* out, int64_t count);

/// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))), the same paper's approximation.
void tanh_gelus(const float* in, float* out, int64_t count);

}  // namespace flashcell::quant
