#include <algorithm>
#include <cstring>

#include "host/segment/adaptive_step.hpp"
#include "host/segment/grey_plane.hpp"
#include "host/segment/methods.hpp"

namespace flashcell::host {
namespace {

/// Foreground differs from the mean of the window around it by more than `offset`. The mean is rounded to a whole grey
/// level; beyond the frame the nearest border pixel stands. So `bright` is OpenCV's
/// adaptiveThreshold(ADAPTIVE_THRESH_MEAN_C, THRESH_BINARY) with C = -offset, and `dark` is THRESH_BINARY_INV with C =
/// offset + 1.
///
/// Window sums run: each column's sum gains the row that enters and loses the row that leaves, and likewise along the
/// row.
template <class Pixel>
class AdaptiveSegmenter : public Segmenter {
 public:
  AdaptiveSegmenter(const SegmentParameters& parameters, int width, int height)
      : width_(width),
        height_(height),
        radius_(parameters.window / 2),
        area_(int64_t{parameters.window} * parameters.window),
        offset_(parameters.offset),
        bright_(parameters.polarity == Polarity::bright),
        column_sums_(width + 2 * static_cast<size_t>(radius_)),
        window_sums_(width),
        is_foreground_((width + 63) / 64 * 64) {}

  void segment(const FrameView& frame, BitImage* masks) override {
    const FrameView grey = grey_plane_.of(frame);
    std::fill(column_sums_.begin(), column_sums_.end(), 0);
    for (int y = -radius_; y <= radius_; ++y) add_row(clamped_row(grey, y), 1);
    for (int y = 0; y < height_; ++y) {
      sum_windows();
      compare(pixels(grey.row(y)), masks[0].row(y));
      add_row(clamped_row(grey, y + radius_ + 1), 1);
      add_row(clamped_row(grey, y - radius_), -1);
    }
  }

 private:
  // Sums of 16-bit grey over a large window pass 32 bits.
  using Sum = std::conditional_t<sizeof(Pixel) == 1, int32_t, int64_t>;

  static const Pixel* pixels(const uint8_t* row) { return reinterpret_cast<const Pixel*>(row); }
  const Pixel* clamped_row(const FrameView& grey, int y) const {
    return pixels(grey.row(std::clamp(y, 0, height_ - 1)));
  }

  void add_row(const Pixel* row, Sum sign) {
    Sum* sums = column_sums_.data() + radius_;
    for (int x = 0; x < width_; ++x) sums[x] += sign * static_cast<Sum>(row[x]);
  }

  void sum_windows() {
    std::fill_n(column_sums_.begin(), radius_, column_sums_[radius_]);
    std::fill_n(column_sums_.end() - radius_, radius_, column_sums_[radius_ + width_ - 1]);
    const Sum* columns = column_sums_.data();
    Sum sum = 0;
    for (int x = 0; x < 2 * radius_; ++x) sum += columns[x];
    for (int x = 0; x < width_; ++x) {
      sum += columns[x + 2 * radius_];
      window_sums_[x] = sum;
      sum -= columns[x];
    }
  }

  void compare(const Pixel* row, uint64_t* mask) {
    // round(sum/area) < grey - offset, without the division: the area is odd, so that no mean lies half way between two
    // levels.
    const Sum area = static_cast<Sum>(area_);
    const Sum* sums = window_sums_.data();
    uint8_t* is_foreground = is_foreground_.data();
    if (bright_) {
      for (int x = 0; x < width_; ++x) is_foreground[x] = 2 * sums[x] < area * (2 * (row[x] - offset_) - 1);
    } else {
      for (int x = 0; x < width_; ++x) is_foreground[x] = 2 * sums[x] > area * (2 * (row[x] + offset_) + 1);
    }
    for (size_t word = 0; word < is_foreground_.size() / 64; ++word) {
      uint64_t bits = 0;
      for (int i = 0; i < 8; ++i) {
        uint64_t eight;
        std::memcpy(&eight, is_foreground + 64 * word + 8 * i, sizeof eight);
        bits |= ((eight * 0x0102040810204080u) >> 56) << (8 * i);
      }
      mask[word] = bits;
    }
  }

  const int width_, height_, radius_;
  const int64_t area_;
  const int offset_;
  const bool bright_;
  GreyPlane grey_plane_;
  std::vector<Sum> column_sums_;  ///< with radius_ columns of border on either side
  std::vector<Sum> window_sums_;
  std::vector<uint8_t> is_foreground_;  ///< 0 or 1 a pixel; padding 0
};

}  // namespace

std::unique_ptr<Segmenter> make_adaptive_segmenter(const SegmentParameters& parameters, int width, int height,
                                                   PixelFormat format) {
  if (format == PixelFormat::grey16) return std::make_unique<AdaptiveSegmenter<uint16_t>>(parameters, width, height);
  if (parameters.window <= kMaxStepWindow) return make_adaptive8_segmenter(parameters, width, height);
  return std::make_unique<AdaptiveSegmenter<uint8_t>>(parameters, width, height);
}

}  // namespace flashcell::host
