// Walks over pixels. Included once by each file, inside its namespace.

/// work(pixel of a, pixel of b) for each pixel; both maps have the same height and width.
template <class Work>
inline void for_each_pixel(const Map& a, const Map& b, int items, Work work) {
  for (int item = 0; item < items; ++item) {
    for (int row = 0; row < a.height; ++row) {
      uint8_t* from = a.first + item * a.item_bytes + row * a.row_bytes;
      uint8_t* to = b.first + item * b.item_bytes + row * b.row_bytes;
      for (int column = 0; column < a.width; ++column, from += a.channels, to += b.channels) work(from, to);
    }
  }
}
