#include "quant_models/tensor/quantization.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace flashcell::quant {

const char* find_fault(const Quantization& q, int64_t channels) {
  if (q.bits < kMinBits || q.bits > kMaxBits) return "its bits are outside 2..16";
  if (q.narrow && !q.is_signed) return "a narrow range is for signed integers";
  if (q.scale.empty() || (q.scale.size() > 1 && static_cast<int64_t>(q.scale.size()) != channels))
    return "its scales are neither one nor one for each channel";
  if (q.zero_point.size() != q.scale.size()) return "it needs as many zero points as scales";
  for (const float scale : q.scale)
    if (!(scale > 0) || !std::isfinite(scale)) return "a scale is not a finite number above 0";
  for (const int32_t zero : q.zero_point)
    if (zero < q.lowest() || zero > q.highest()) return "a zero point lies outside the range of its integers";
  return "";
}

Quantization weight_quantization(int bits, std::vector<float> scales) {
  Quantization q{bits, true, true, 0, std::move(scales), {}};
  q.zero_point.assign(q.scale.size(), 0);
  return q;
}

Quantization unsigned_quantization(int bits, float scale) {
  return {bits, false, false, 0, {scale}, {0}};
}

Quantization signed_quantization(int bits, float scale) {
  return {bits, true, false, 0, {scale}, {0}};
}

Quantization as_unsigned(Quantization q) {
  if (!q.is_signed || q.narrow) return q;
  q.is_signed = false;
  for (int32_t& zero : q.zero_point) zero += 1 << (q.bits - 1);
  return q;
}

Quantization canonical(Quantization q) {
  if (q.narrow) return q;
  q = as_unsigned(std::move(q));
  const int32_t middle = 1 << (q.bits - 1);
  if (std::any_of(q.zero_point.begin(), q.zero_point.end(), [&](int32_t zero) { return zero != middle; })) return q;
  q.is_signed = true;
  std::fill(q.zero_point.begin(), q.zero_point.end(), 0);
  return q;
}

}  // namespace flashcell::quant
