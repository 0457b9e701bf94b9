#pragma once
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <string>

namespace flashcell::host {

/// Appends `value` with exactly `Decimals` (1..9) decimals, rounded half away from zero. Locale-independent; several
/// times faster than printf because it goes through an integer. NaN and infinities become NaN, Inf, -Inf, as MATLAB and
/// pandas read them.
template <int Decimals>
void append_fixed(std::string& out, double value) {
  constexpr int64_t kScale = [] {
    int64_t s = 1;
    for (int i = 0; i < Decimals; ++i) s *= 10;
    return s;
  }();
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "NaN" : value > 0 ? "Inf" : "-Inf";
    return;
  }
  if (std::fabs(value) >= 1e9) {  // scaled, it might not fit 64 bits
    fmt::format_to(std::back_inserter(out), "{:.{}f}", value, Decimals);
    return;
  }
  const int64_t scaled = std::llround(value * static_cast<double>(kScale));
  const uint64_t magnitude = static_cast<uint64_t>(scaled < 0 ? -scaled : scaled);
  if (scaled < 0) out += '-';
  const fmt::format_int whole(magnitude / kScale);
  out.append(whole.data(), whole.size());
  out += '.';
  const fmt::format_int decimals(magnitude % kScale);
  out.append(static_cast<size_t>(Decimals) - decimals.size(), '0');
  out.append(decimals.data(), decimals.size());
}

inline void append_integer(std::string& out, int64_t value) {
  const fmt::format_int text(value);
  out.append(text.data(), text.size());
}

}  // namespace flashcell::host
