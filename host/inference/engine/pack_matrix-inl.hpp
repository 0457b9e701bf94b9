// Matrices as convolutions with weights of 16 bits read them. Included once by each instruction set, inside its
// namespace.

template <int kGroup>
inline void pack_matrix(const Matrix& m, void* packed, int32_t* sums) {
  auto* to = static_cast<int16_t*>(packed);
  for (int column = 0; column < m.columns; column += kBlock) {
    for (int i = 0; i < kBlock; ++i) sums[column + i] = 0;
    for (int row = 0; row < m.rows; row += kGroup) {
      for (int i = 0; i < kBlock; ++i) {
        for (int step = 0; step < kGroup; ++step, ++to) {
          *to = 0;
          if (row + step >= m.rows || column + i >= m.columns) continue;
          *to = static_cast<int16_t>(m.first[(row + step) * m.row + (column + i) * m.column] - m.zero);
          sums[column + i] += *to;
        }
      }
    }
  }
}
