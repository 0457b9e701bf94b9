#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace flashcell {

/// RFC 4648 base64, with padding.
inline std::string base64(const uint8_t* data, size_t size) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((size + 2) / 3 * 4);
  for (size_t i = 0; i < size; i += 3) {
    const uint32_t block = (uint32_t{data[i]} << 16) | (i + 1 < size ? uint32_t{data[i + 1]} << 8 : 0) |
                           (i + 2 < size ? uint32_t{data[i + 2]} : 0);
    out += kDigits[block >> 18];
    out += kDigits[(block >> 12) & 63];
    out += i + 1 < size ? kDigits[(block >> 6) & 63] : '=';
    out += i + 2 < size ? kDigits[block & 63] : '=';
  }
  return out;
}

}  // namespace flashcell
