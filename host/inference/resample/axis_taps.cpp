#include "host/inference/resample/axis_taps.hpp"

#include <algorithm>

namespace flashcell::host::inference {

void AxisTaps::set(int from, int to) {
  from_ = from;
  to_ = to;
  // An output pixel of from / to pixels touches at most so many.
  const int most = from > to ? (from + to - 1) / to + 1 : 2;
  pairs_ = (most + 1) / 2;
  first_.assign(static_cast<size_t>(to), 0);
  weights_.assign(static_cast<size_t>(to) * 2 * static_cast<size_t>(pairs_), 0);
  if (from > to) {
    set_area();
  } else {
    set_bilinear();
  }
  indices_.resize(weights_.size());
  for (int pair = 0; pair < pairs_; ++pair) {
    for (int o = 0; o < to; ++o) {
      for (int side = 0; side < 2; ++side) {
        indices_[(static_cast<size_t>(pair) * to + o) * 2 + side] = static_cast<int16_t>(first_[o] + 2 * pair + side);
      }
    }
  }
}

void AxisTaps::set_weight(int output, int tap, int weight) {
  weights_[(static_cast<size_t>(tap / 2) * to_ + output) * 2 + tap % 2] = static_cast<int16_t>(weight);
}

// In units of 1/to pixel an output pixel covers [o * from, (o + 1) * from) and a pixel [x * to, (x + 1) * to).
void AxisTaps::set_area() {
  for (int o = 0; o < to_; ++o) {
    const int64_t begin = int64_t{o} * from_, end = begin + from_;
    const int first = static_cast<int>(begin / to_);
    first_[o] = first;
    int64_t done = 0;  // of kOne: rounding what is covered so far makes the sum exact
    for (int64_t x = first; x * to_ < end; ++x) {
      const int64_t covered = std::min(end, (x + 1) * to_) - begin;
      const int64_t share = (covered * kOne + from_ / 2) / from_;
      set_weight(o, static_cast<int>(x) - first, static_cast<int>(share - done));
      done = share;
    }
  }
}

// Centres: output o lies at (o + 1/2) * from / to - 1/2 = ((2 o + 1) * from - to) / (2 to).
void AxisTaps::set_bilinear() {
  for (int o = 0; o < to_; ++o) {
    const int64_t place = std::max<int64_t>(0, (2 * int64_t{o} + 1) * from_ - to_), unit = 2 * int64_t{to_};
    const int first = static_cast<int>(place / unit);
    first_[o] = first;
    const int second = first + 1 < from_ ? static_cast<int>((place % unit * kOne + to_) / unit) : 0;
    set_weight(o, 0, kOne - second);
    set_weight(o, 1, second);
  }
}

}  // namespace flashcell::host::inference
