// Resampling in plain code. Included once by each instruction set, inside its namespace.

inline void blend(const uint8_t* const* lines, const int16_t* weights, int count, int width, int16_t* out) {
  constexpr int kBlock = 64;
  int32_t sums[kBlock];
  for (int begin = 0; begin < width; begin += kBlock) {
    const int size = width - begin < kBlock ? width - begin : kBlock;
    for (int x = 0; x < size; ++x) sums[x] = 1 << (13 - kLineBits);
    for (int k = 0; k < count; ++k) {
      const uint8_t* line = lines[k] + begin;
      const int weight = weights[k];
      for (int x = 0; x < size; ++x) sums[x] += weight * line[x];
    }
    for (int x = 0; x < size; ++x) out[begin + x] = static_cast<int16_t>(sums[x] >> (14 - kLineBits));
  }
}

inline void gather(const int16_t* line, int, const int16_t* indices, const int16_t* weights, int pairs, int outputs,
                   uint8_t* out) {
  for (int o = 0; o < outputs; ++o) {
    int32_t sum = 1 << (kPixelShift - 1);
    for (int pair = 0; pair < pairs; ++pair) {
      const int at = 2 * (pair * outputs + o);
      sum += weights[at] * line[indices[at]] + weights[at + 1] * line[indices[at + 1]];
    }
    out[o] = static_cast<uint8_t>(sum >> kPixelShift);
  }
}
