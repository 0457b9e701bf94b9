#include "host/source/unpack.hpp"

namespace flashcell::host {
namespace {

uint16_t narrow(unsigned value) {
  return static_cast<uint16_t>(value);
}

/// Sample `i` of a row that ends in the middle of a group.
uint16_t sample(const uint8_t* in, size_t i, int bits) {
  unsigned value = 0;
  for (int b = 0; b < bits; ++b) {
    const size_t bit = i * static_cast<size_t>(bits) + static_cast<size_t>(b);
    value = value << 1 | ((in[bit / 8] >> (7 - bit % 8)) & 1u);
  }
  return narrow(value);
}

}  // namespace

void unpack_10(const uint8_t* in, size_t count, uint16_t* out) {
  const size_t groups = count / 4;
  for (size_t g = 0; g < groups; ++g) {
    const uint8_t* b = in + 5 * g;
    uint16_t* o = out + 4 * g;
    o[0] = narrow(static_cast<unsigned>(b[0]) << 2 | b[1] >> 6);
    o[1] = narrow((b[1] & 0x3Fu) << 4 | b[2] >> 4);
    o[2] = narrow((b[2] & 0x0Fu) << 6 | b[3] >> 2);
    o[3] = narrow((b[3] & 0x03u) << 8 | b[4]);
  }
  for (size_t i = groups * 4; i < count; ++i) out[i] = sample(in, i, 10);
}

void unpack_12(const uint8_t* in, size_t count, uint16_t* out) {
  const size_t pairs = count / 2;
  for (size_t p = 0; p < pairs; ++p) {
    const uint8_t* b = in + 3 * p;
    out[2 * p] = narrow(static_cast<unsigned>(b[0]) << 4 | b[1] >> 4);
    out[2 * p + 1] = narrow((b[1] & 0x0Fu) << 8 | b[2]);
  }
  if (count % 2 != 0) out[count - 1] = sample(in, count - 1, 12);
}

void swap_bytes(const uint8_t* in, size_t count, uint16_t* out) {
  for (size_t i = 0; i < count; ++i) out[i] = narrow(static_cast<unsigned>(in[2 * i]) << 8 | in[2 * i + 1]);
}

}  // namespace flashcell::host
