#include "quant_models/tensor/quantization.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace flashcell::quant {
namespace {

const char* find_fault_of_log(const Quantization& q) {
  if (q.is_signed) return "integers of log sqrt 2 are unsigned";
  if (q.bits > kMostLogBits) return "its bits are outside 1..8, as log sqrt 2 has them";
  const bool moved = std::any_of(q.zero_point.begin(), q.zero_point.end(), [](int32_t zero) { return zero != 0; });
  return moved ? "log sqrt 2 has no zero point" : "";
}

const char* find_fault_of_affine(const Quantization& q) {
  if (q.narrow && !q.is_signed) return "a narrow range is for signed integers";
  if (q.narrow && q.bits < 2) return "a narrow range of 1 bit holds 0 only";
  return "";
}

}  // namespace

const char* find_fault(const Quantization& q, int64_t channels) {
  if (q.bits < kMinBits || q.bits > kMaxBits) return "its bits are outside 1..16";
  const bool logarithmic = q.kind == QuantizationKind::log_sqrt2;
  if (const char* fault = logarithmic ? find_fault_of_log(q) : find_fault_of_affine(q); *fault != '\0') return fault;
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

Quantization log_sqrt2_quantization(int bits, float scale, bool narrow) {
  return {bits, false, narrow, 0, {scale}, {0}, QuantizationKind::log_sqrt2};
}

Quantization as_unsigned(Quantization q) {
  if (!q.is_signed || q.narrow) return q;
  q.is_signed = false;
  for (int32_t& zero : q.zero_point) zero += 1 << (q.bits - 1);
  return q;
}

Quantization canonical(Quantization q) {
  if (q.narrow || q.kind != QuantizationKind::affine) return q;
  q = as_unsigned(std::move(q));
  const int32_t middle = 1 << (q.bits - 1);
  if (std::any_of(q.zero_point.begin(), q.zero_point.end(), [&](int32_t zero) { return zero != middle; })) return q;
  q.is_signed = true;
  std::fill(q.zero_point.begin(), q.zero_point.end(), 0);
  return q;
}

}  // namespace flashcell::quant
