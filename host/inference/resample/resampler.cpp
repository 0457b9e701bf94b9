#include "host/inference/resample/resampler.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "host/inference/resample/line_kernels.hpp"
#include "kernels_hls/contract/colour.hpp"

namespace flashcell::host::inference {
namespace {

constexpr int kKnownSizes = 128;  // px: regions up to this size find their weights computed

}  // namespace

Resampler::Resampler(int width, int height, PictureChannels channels, int significant_bits, Target target)
    : width_(width),
      height_(height),
      channels_(channels),
      grey_shift_(std::clamp(significant_bits, 8, 16) - 8),
      kernels_(line_kernels(target)) {
  for (int from = 1; from <= kKnownSizes; ++from) {
    known_across_.emplace_back(from, width);
    known_down_.emplace_back(from, height);
  }
}

const AxisTaps& Resampler::taps_for(int from, int to, std::vector<AxisTaps>& known, AxisTaps& other) {
  if (from <= kKnownSizes) return known[static_cast<size_t>(from) - 1];
  if (other.from() != from) other.set(from, to);
  return other;
}

/// `count` pixels of a frame's row from column `left` on.
void Resampler::convert(const FrameView& frame, const uint8_t* row, int left, int count, uint8_t* to) const {
  const int bytes = channels();
  const bool grey = channels_ == PictureChannels::grey;
  if (frame.format == PixelFormat::grey16) {
    const uint8_t* from = row + 2 * left;
    for (int x = 0; x < count; ++x, from += 2, to += bytes) {
      uint16_t sample;
      std::memcpy(&sample, from, sizeof(sample));
      const auto value = static_cast<uint8_t>(std::min(sample >> grey_shift_, 255));
      for (int c = 0; c < bytes; ++c) to[c] = value;
    }
  } else if (frame.format == PixelFormat::grey8) {
    const uint8_t* from = row + left;
    if (grey) {
      std::memcpy(to, from, static_cast<size_t>(count));
      return;
    }
    for (int x = 0; x < count; ++x, to += 3) to[0] = to[1] = to[2] = from[x];
  } else {
    const bool rgb = frame.format == PixelFormat::rgb8;
    const uint8_t* from = row + 3 * left;
    if (grey) {
      for (int x = 0; x < count; ++x, from += 3)
        to[x] = rgb ? contract::luma8(from[0], from[1], from[2]) : contract::luma8(from[2], from[1], from[0]);
    } else if (rgb == (channels_ == PictureChannels::rgb)) {
      std::memcpy(to, from, 3 * static_cast<size_t>(count));
    } else {
      for (int x = 0; x < count; ++x, from += 3, to += 3) {
        to[0] = from[2];
        to[1] = from[1];
        to[2] = from[0];
      }
    }
  }
}

/// True when the region's pixels are the picture's, byte by byte, and none lies beside the frame.
bool Resampler::lies_ready(const FrameView& frame, const Region& region) const {
  const bool inside = region.left >= 0 && region.left + region.width <= frame.width;
  const bool same = (frame.format == PixelFormat::grey8 && channels_ == PictureChannels::grey) ||
                    (frame.format == PixelFormat::rgb8 && channels_ == PictureChannels::rgb) ||
                    (frame.format == PixelFormat::bgr8 && channels_ == PictureChannels::bgr);
  return inside && same;
}

/// Row `row` of the region in the picture's channels; edge pixels repeat.
void Resampler::fill_line(const FrameView& frame, const Region& region, int row, uint8_t* to) const {
  const uint8_t* from = frame.row(std::clamp(region.top + row, 0, frame.height - 1));
  const int bytes = channels();
  const int begin = std::clamp(region.left, 0, frame.width - 1);
  const int end = std::clamp(region.left + region.width, begin + 1, frame.width);
  // Where the region begins right of the frame, or ends left of it, one pixel stands for all of it.
  const int before = std::clamp(begin - region.left, 0, region.width - 1);
  const int count = std::min(end - begin, region.width - before);
  convert(frame, from, begin, count, to + static_cast<ptrdiff_t>(before) * bytes);
  const uint8_t* first = to + static_cast<ptrdiff_t>(before) * bytes;
  for (int x = 0; x < before; ++x) std::copy_n(first, bytes, to + static_cast<ptrdiff_t>(x) * bytes);
  const uint8_t* last = to + static_cast<ptrdiff_t>(before + count - 1) * bytes;
  for (int x = before + count; x < region.width; ++x) std::copy_n(last, bytes, to + static_cast<ptrdiff_t>(x) * bytes);
}

const uint8_t* Resampler::line(const FrameView& frame, const Region& region, int row) {
  if (lies_ready(frame, region)) {
    return frame.row(std::clamp(region.top + row, 0, frame.height - 1)) +
           static_cast<ptrdiff_t>(region.left) * channels();
  }
  const auto slot = static_cast<size_t>(row % slots_);
  uint8_t* to = converted_.data() + slot * static_cast<size_t>(region.width) * channels();
  if (converted_row_[slot] != row) fill_line(frame, region, row, to);
  converted_row_[slot] = row;
  return to;
}

/// A region of the picture's size.
void Resampler::copy(const FrameView& frame, const Region& region, uint8_t* picture) {
  const size_t row_bytes = static_cast<size_t>(width_) * channels();
  const bool ready = lies_ready(frame, region);
  for (int row = 0; row < height_; ++row, picture += row_bytes) {
    if (ready) {
      std::memcpy(picture,
                  frame.row(std::clamp(region.top + row, 0, frame.height - 1)) +
                      static_cast<ptrdiff_t>(region.left) * channels(),
                  row_bytes);
    } else {
      fill_line(frame, region, row, picture);
    }
  }
}

void Resampler::run_small(const FrameView& frame, const Region& region, const AxisTaps& across, const AxisTaps& down,
                          uint8_t* picture) {
  SmallPicture small = {};
  small.width = region.width;
  small.height = region.height;
  small.outputs = width_;
  small.rows = height_;
  small.first_row = down.first();
  small.row_weights = down.weights();
  small.indices = across.indices();
  small.weights = across.weights();
  small.row_pairs = down.pairs();
  small.pairs = across.pairs();
  const bool reaches = region.left + std::max(region.width, kSmallReach) <= frame.width;
  if (reaches && lies_ready(frame, region) && region.top >= 0 && region.top + region.height <= frame.height) {
    small.pixels = frame.row(region.top) + region.left;
    small.stride = frame.stride;
  } else {
    const size_t bytes = static_cast<size_t>(region.width) * region.height + kSmallReach;
    if (converted_.size() < bytes) converted_.resize(bytes);
    for (int row = 0; row < region.height; ++row)
      fill_line(frame, region, row, converted_.data() + static_cast<ptrdiff_t>(row) * region.width);
    small.pixels = converted_.data();
    small.stride = region.width;
  }
  kernels_.small(small, picture);
}

void Resampler::gather_colour(const AxisTaps& across, uint8_t* out) const {
  const int16_t* weights = across.weights();
  const int16_t* indices = across.indices();
  for (int o = 0; o < width_; ++o) {
    int32_t sums[3] = {1 << (kPixelShift - 1), 1 << (kPixelShift - 1), 1 << (kPixelShift - 1)};
    for (int pair = 0; pair < across.pairs(); ++pair) {
      const int at = 2 * (pair * width_ + o);
      const int16_t* a = blended_.data() + 3 * indices[at];
      for (int c = 0; c < 3; ++c) sums[c] += weights[at] * a[c] + weights[at + 1] * a[c + 3];
    }
    for (int c = 0; c < 3; ++c) out[3 * o + c] = static_cast<uint8_t>(sums[c] >> kPixelShift);
  }
}

void Resampler::run(const FrameView& frame, const Region& region, uint8_t* picture) {
  if (region.width == width_ && region.height == height_) return copy(frame, region, picture);
  const AxisTaps& across = taps_for(region.width, width_, known_across_, across_);
  const AxisTaps& down = taps_for(region.height, height_, known_down_, down_);
  if (channels_ == PictureChannels::grey && region.width <= kSmallWidth && kernels_.small != nullptr)
    return run_small(frame, region, across, down, picture);
  const int taps = down.taps(), values = region.width * channels();
  slots_ = taps;
  converted_row_.assign(static_cast<size_t>(taps), -1);
  if (converted_.size() < static_cast<size_t>(taps) * values) converted_.resize(static_cast<size_t>(taps) * values);
  lines_.resize(static_cast<size_t>(taps));
  line_weights_.resize(static_cast<size_t>(taps));
  const size_t room = static_cast<size_t>(values + 64 + across.taps() * channels());
  if (blended_.size() < room) blended_.resize(room);
  for (int row = 0; row < height_; ++row, picture += static_cast<ptrdiff_t>(width_) * channels()) {
    for (int k = 0; k < taps; ++k) {
      const int weight = down.weight(row, k);
      line_weights_[static_cast<size_t>(k)] = static_cast<int16_t>(weight);
      // What weighs nothing may lie beyond the region: any line will do.
      lines_[static_cast<size_t>(k)] = weight != 0 || k == 0 ? line(frame, region, down.first()[row] + k) : lines_[0];
    }
    kernels_.blend(lines_.data(), line_weights_.data(), taps, values, blended_.data());
    if (channels_ == PictureChannels::grey) {
      kernels_.gather(blended_.data(), region.width, across.indices(), across.weights(), across.pairs(), width_,
                      picture);
    } else {
      gather_colour(across, picture);
    }
  }
}

}  // namespace flashcell::host::inference
