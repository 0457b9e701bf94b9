#include <algorithm>
#include <cstring>

#include "base/aligned_vector.hpp"
#include "host/segment/adaptive_step.hpp"
#include "host/segment/grey_plane.hpp"
#include "host/segment/methods.hpp"

namespace flashcell::host {
namespace {

constexpr int kLine = 32;  ///< 16-bit levels in a cache line

/// AdaptiveSegmenter's result for 8-bit grey and windows up to kMaxStepWindow, in vectors.
///
/// Each row is summed along x once; the sums of the rows in the window wait in a ring. A balance for every pixel runs
/// down the frame: with s the window's sum and A its area, round(s/A) < grey - offset means
///   s + A * offset + (A - 1) / 2 < A * grey,
/// and round(s/A) > grey + offset, the dark case, means the same with s and grey negated.
class Adaptive8Segmenter : public Segmenter {
 public:
  Adaptive8Segmenter(const SegmentParameters& parameters, int width, int height)
      : width_(width),
        height_(height),
        words_((width + 63) / 64),
        radius_(parameters.window / 2),
        bright_(parameters.polarity == Polarity::bright),
        area_(parameters.window * parameters.window),
        start_(area_ * parameters.offset + (area_ - 1) / 2),
        padded_row_(64 * words_ + parameters.window + kLine),
        prefix_(kLine + padded_row_.size()),
        no_sums_(64 * words_),
        ring_rows_(std::min(height, parameters.window + 1)),
        ring_(static_cast<size_t>(ring_rows_) * 64 * words_),
        balance_(64 * words_) {}

  void segment(const FrameView& frame, BitImage* masks) override {
    const FrameView grey = grey_plane_.of(frame);
    summed_rows_ = 0;
    std::fill(balance_.begin(), balance_.end(), start_);
    for (int y = -radius_; y <= radius_; ++y) {
      const uint16_t* sums = sums_of(grey, y);
      move_window(bright_ ? sums : no_sums_.data(), bright_ ? no_sums_.data() : sums, words_, balance_.data());
    }
    for (int y = 0; y < height_; ++y) process_row(grey, y, masks[0].row(y));
  }

 private:
  /// The sums along row y; beyond the frame, of the nearest row.
  const uint16_t* sums_of(const FrameView& grey, int y) {
    const int row = std::clamp(y, 0, height_ - 1);
    uint16_t* sums = ring_.data() + static_cast<size_t>(row % ring_rows_) * 64 * words_;
    if (row == summed_rows_) {
      sum_row(grey.row(row), sums);
      ++summed_rows_;
    }
    return sums;
  }

  void sum_row(const uint8_t* row, uint16_t* sums) {
    uint8_t* padded = padded_row_.data();
    std::memset(padded, row[0], radius_);
    std::memcpy(padded + radius_, row, width_);
    std::memset(padded + radius_ + width_, row[width_ - 1], radius_);
    window_sums_row(padded, words_, 2 * radius_ + 1, prefix_.data() + kLine, sums);
  }

  void process_row(const FrameView& grey, int y, uint64_t* mask) {
    const uint16_t* entering = sums_of(grey, y + radius_ + 1);
    const uint16_t* leaving = sums_of(grey, y - radius_);
    if (!bright_) std::swap(entering, leaving);
    const int weight = bright_ ? area_ : -area_;
    const int whole = width_ / 64, rest = width_ % 64;
    adaptive_row(grey.row(y), whole, weight, entering, leaving, balance_.data(), mask);
    if (rest == 0) return;
    const int x = 64 * whole;
    uint8_t tail[64] = {};
    std::memcpy(tail, grey.row(y) + x, rest);
    adaptive_row(tail, 1, weight, entering + x, leaving + x, balance_.data() + x, mask + whole);
    mask[whole] &= (uint64_t{1} << rest) - 1;
  }

  const int width_, height_, words_, radius_;
  const bool bright_;
  const int32_t area_, start_;
  GreyPlane grey_plane_;
  AlignedVector<uint8_t> padded_row_;  ///< with radius_ pixels of border on either side
  AlignedVector<uint16_t> prefix_;     ///< begins with a cache line of zeros
  const AlignedVector<uint16_t> no_sums_;
  const int ring_rows_;  ///< the window's rows and the one that enters next
  AlignedVector<uint16_t> ring_;
  int summed_rows_ = 0;  ///< rows of the present frame that the ring has seen
  AlignedVector<int32_t> balance_;
};

}  // namespace

std::unique_ptr<Segmenter> make_adaptive8_segmenter(const SegmentParameters& parameters, int width, int height) {
  return std::make_unique<Adaptive8Segmenter>(parameters, width, height);
}

}  // namespace flashcell::host
