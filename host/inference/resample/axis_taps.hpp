#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace flashcell::host::inference {

/// How `to` pixels come from `from` pixels along one axis, in fixed point: each is the mean of the pixels that it
/// covers where the picture shrinks, and lies between its two nearest ones (bilinear, the edge repeated) where it
/// grows. Pixel o is the sum of weight * pixel over taps() pixels from first()[o] on; weights sum to kOne. The same
/// numbers on every machine.
class AxisTaps {
 public:
  static constexpr int kOneBits = 14;
  static constexpr int kOne = 1 << kOneBits;
  static constexpr int kMost = 1 << 14;  ///< px, of either side

  AxisTaps() = default;
  AxisTaps(int from, int to) { set(from, to); }

  /// 1..kMost px each. Allocates only where it never held as much.
  void set(int from, int to);

  int from() const { return from_; }
  int to() const { return to_; }
  int taps() const { return 2 * pairs_; }  ///< even; surplus ones weigh 0 and may lie beyond the last pixel
  int pairs() const { return pairs_; }

  const int32_t* first() const { return first_.data(); }
  /// Weights of two neighbouring taps, of all output pixels: [pair][output][2].
  const int16_t* weights() const { return weights_.data(); }
  /// What they weigh, as indices into the line: [pair][output][2].
  const int16_t* indices() const { return indices_.data(); }
  int weight(int output, int tap) const {
    return weights_[static_cast<size_t>((tap / 2) * to_ + output) * 2 + static_cast<size_t>(tap % 2)];
  }

 private:
  void set_weight(int output, int tap, int weight);
  void set_area();
  void set_bilinear();

  int from_ = 0, to_ = 0, pairs_ = 0;
  std::vector<int32_t> first_;
  std::vector<int16_t> weights_, indices_;
};

}  // namespace flashcell::host::inference
