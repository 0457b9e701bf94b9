#pragma once
#include <stdint.h>

// The integer functions of transformers' layers: I-ViT (Li and Gu, "I-ViT: Integer-only Quantization for Efficient
// Vision Transformer Inference", ICCV 2023), from integers to integers; and the weights of linear upsampling.
// Kernel, CPU implementation and reference call them.
namespace flashcell {
namespace contract {

constexpr int64_t kDividend = INT32_MAX;  ///< what is divided by a row's sum
constexpr int kSoftmaxDepth = 15;         ///< an exponential below 2^-15 is that of the least argument
constexpr int kGeluDepth = 23;
constexpr int kSigmoidBits = 7;  ///< of a gelu's sigmoid, after the point
constexpr int64_t kFirstRoot = 1 << 16;
constexpr int kRootSteps = 10;
/// Beyond every |layer_norm()|: roots are at least kFirstRoot / 2^kRootSteps = 64.
constexpr int64_t kEndOfLayerNorm = (int64_t{1} << 30) + (int64_t{1} << 25);

/// exp(x * scale) in steps of scale / 2^depth, for x <= 0: a power of two, and a line between two of them. `unit` is
/// the integer of -1, floor(-1 / scale), below 0.
inline int64_t shift_exponential(int64_t x, int32_t unit, int depth) {
  x += (x >> 1) - (x >> 4);  // log2(e) is about 1.0111 in binary
  if (x < static_cast<int64_t>(depth) * unit) x = static_cast<int64_t>(depth) * unit;
  const int whole = static_cast<int>(x / unit);
  const int64_t twice = x - static_cast<int64_t>(whole) * unit - 2 * static_cast<int64_t>(unit);
  return whole == depth ? twice >> 1 : twice << (depth - whole - 1);
}

/// What every number is multiplied by, so that the sum becomes 1 in steps of 2^-31.
inline int64_t row_factor(int64_t sum) {
  return kDividend / (sum < kDividend ? sum : kDividend);
}

/// Shiftmax: `exponential` is shift_exponential(q - row's maximum, unit, kSoftmaxDepth), `factor` row_factor() of the
/// row's sum of them. In steps of 2^-fraction_bits.
inline int64_t shift_softmax(int64_t exponential, int64_t factor, int fraction_bits) {
  return (exponential * factor) >> (31 - fraction_bits);
}

/// ShiftGELU of x = q - zero point, `largest` the row's, at least 0; `unit` is floor(-1 / (1.702 scale)). In steps of
/// scale / 2^kSigmoidBits. Source: as above; a row without a value above 0 is compared with 0, so that no exponential
/// is above 1.
inline int64_t shift_gelu(int64_t x, int64_t largest, int32_t unit) {
  const int64_t here = shift_exponential(x - largest, unit, kGeluDepth);
  const int64_t sum = here + shift_exponential(-largest, unit, kGeluDepth);
  return x * ((here * row_factor(sum)) >> (31 - kSigmoidBits));
}

/// Quotient of a sum and a count above 0, rounded half to even.
inline int64_t rounded_mean(int64_t sum, int64_t count) {
  int64_t quotient = sum / count, rest = sum % count;
  if (rest < 0) {
    --quotient;
    rest += count;
  }
  return quotient + (2 * rest > count || (2 * rest == count && quotient % 2 != 0) ? 1 : 0);
}

/// Square root by a fixed number of Newton's steps from above; too large for numbers far below 2^12.
inline int64_t newton_root(int64_t x) {
  int64_t root = kFirstRoot;
  for (int step = 0; step < kRootSteps; ++step) root = (root + x / root) / 2;
  return root;
}

/// I-LayerNorm's factor of a row from its sum of squared distances to the mean; a distance's normal value is then
/// (distance * factor) >> 1, in steps of sqrt(channels) / 2^30.
inline int64_t layer_norm_factor(int64_t squares) {
  return kDividend / newton_root(squares);
}
inline int64_t layer_norm(int64_t distance, int64_t factor) {
  return (distance * factor) >> 1;
}

/// Place and weights of an output's row (column) between two of the input's: half-pixel centres, beyond the edge the
/// edge. The output's value is (2 * factor - second) * q[low] + second * q[high] over 2 * factor.
struct LinearPlace {
  int low, high;
  int second;  ///< weight of `high`
};
inline LinearPlace linear_place(int place, int factor, int side) {
  const int numerator = 2 * place + 1 - factor, denominator = 2 * factor;  // of the place in the input
  const int low = numerator < 0 ? -1 : numerator / denominator;
  LinearPlace result = {low < 0 ? 0 : low, low + 1 < side ? low + 1 : side - 1, numerator - low * denominator};
  return result;
}

}  // namespace contract
}  // namespace flashcell
