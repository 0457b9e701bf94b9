#pragma once
#include <cstdint>
#include <vector>

namespace flashcell::quant {

inline constexpr int kMinBits = 1;
inline constexpr int kMaxBits = 16;

/// What an integer stands for.
enum class QuantizationKind {
  affine,     ///< scale * (q - zero_point)
  log_sqrt2,  ///< scale * 2^(-q/2), and 0 for the integer behind the last level: numbers that crowd near 0, as those
              ///< behind a softmax (Li et al., RepQ-ViT, ICCV 2023, section 4.2)
};

/// How real numbers are stored as integers q in [lowest(), highest()].
/// One scale for the whole tensor, or one for each index of dimension `axis` (0 for weights: the output channel).
struct Quantization {
  int bits = 8;           ///< kMinBits..kMaxBits; log_sqrt2: up to kMostLogBits
  bool is_signed = true;  ///< two's complement, else unsigned; log_sqrt2 is unsigned
  /// Affine, signed only: leave out -2^(bits-1), so that the range is symmetric (weights); then 2 bits or more.
  /// log_sqrt2: 0 takes the place of the last level, so that all fits `bits`. Else 0 is the integer 2^bits, one more
  /// than `bits` hold, as RepQ-ViT's authors count.
  bool narrow = false;
  int axis = 0;                     ///< of the scales, where there are several
  std::vector<float> scale;         ///< above 0, finite; log_sqrt2: the largest number
  std::vector<int32_t> zero_point;  ///< as many as scales, inside [lowest(), highest()]; log_sqrt2: all 0
  QuantizationKind kind = QuantizationKind::affine;

  int32_t lowest() const { return is_signed ? -(1 << (bits - 1)) + (narrow ? 1 : 0) : 0; }
  int32_t highest() const {
    if (is_signed) return (1 << (bits - 1)) - 1;
    return (1 << bits) - (kind == QuantizationKind::log_sqrt2 && !narrow ? 0 : 1);
  }
  bool per_channel() const { return scale.size() > 1; }
  bool operator==(const Quantization&) const = default;
};

/// Most bits of log_sqrt2: levels from 1 down to 2^-127.5.
inline constexpr int kMostLogBits = 8;

/// What is wrong with it for a tensor with `channels` indices along its axis, or an empty string.
/// A wrong number of scales, numbers out of range, not finite.
const char* find_fault(const Quantization& quantization, int64_t channels);

/// Signed, symmetric, narrow: the form of weights. Source: shared arithmetic of training, CPU and kernel.
Quantization weight_quantization(int bits, std::vector<float> scales);

/// One scale, zero point 0, unsigned: an activation that is never below 0.
Quantization unsigned_quantization(int bits, float scale);

/// One scale, zero point 0, signed: any other activation.
Quantization signed_quantization(int bits, float scale);

/// Numbers of [0, scale] on a logarithmic scale, two levels for a halving. `narrow`: see Quantization.
Quantization log_sqrt2_quantization(int bits, float scale, bool narrow);

/// The same numbers stored as integers from 0 up: signed ones with a zero point moved by 2^(bits-1). Narrow ones stay.
Quantization as_unsigned(Quantization quantization);

/// Signed around 0 and unsigned around 2^(bits-1) store the same numbers. Of the two forms the one that arithmetic
/// likes: signed where every zero point is then 0, else unsigned. Narrow ones stay.
Quantization canonical(Quantization quantization);

}  // namespace flashcell::quant
