#pragma once
#include <cstdint>
#include <vector>

namespace flashcell::quant {

inline constexpr int kMinBits = 2;
inline constexpr int kMaxBits = 16;

/// How real numbers are stored as integers: real = scale * (q - zero_point), q in [lowest(), highest()].
/// One scale for the whole tensor, or one for each index of dimension `axis` (0 for weights: the output channel).
struct Quantization {
  int bits = 8;                     ///< kMinBits..kMaxBits
  bool is_signed = true;            ///< two's complement, else unsigned
  bool narrow = false;              ///< signed only: leave out -2^(bits-1), so that the range is symmetric (weights)
  int axis = 0;                     ///< of the scales, where there are several
  std::vector<float> scale;         ///< above 0, finite
  std::vector<int32_t> zero_point;  ///< as many as scales, inside [lowest(), highest()]

  int32_t lowest() const { return is_signed ? -(1 << (bits - 1)) + (narrow ? 1 : 0) : 0; }
  int32_t highest() const { return is_signed ? (1 << (bits - 1)) - 1 : (1 << bits) - 1; }
  bool per_channel() const { return scale.size() > 1; }
  bool operator==(const Quantization&) const = default;
};

/// What is wrong with it for a tensor with `channels` indices along its axis, or an empty string.
/// A wrong number of scales, numbers out of range, not finite.
const char* find_fault(const Quantization& quantization, int64_t channels);

/// Signed, symmetric, narrow: the form of weights. Source: shared arithmetic of training, CPU and kernel.
Quantization weight_quantization(int bits, std::vector<float> scales);

/// One scale, zero point 0, unsigned: an activation that is never below 0.
Quantization unsigned_quantization(int bits, float scale);

/// One scale, zero point 0, signed: any other activation.
Quantization signed_quantization(int bits, float scale);

/// The same numbers stored as integers from 0 up: signed ones with a zero point moved by 2^(bits-1). Narrow ones stay.
Quantization as_unsigned(Quantization quantization);

/// Signed around 0 and unsigned around 2^(bits-1) store the same numbers. Of the two forms the one that arithmetic
/// likes: signed where every zero point is then 0, else unsigned. Narrow ones stay.
Quantization canonical(Quantization quantization);

}  // namespace flashcell::quant
