#include "host/inference/roi/roi_cropper.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace flashcell::host {
namespace {

int64_t floor_divide(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

/// First pixel of `size` pixels around the middle of [low, high], or around sum / count + 1/2.
int origin(const CropParameters& p, int size, int low, int high, uint64_t sum, uint64_t count) {
  if (p.centre == CropParameters::Centre::box || count == 0)
    return static_cast<int>(floor_divide(int64_t{low} + high + 1 - size, 2));
  const auto n = static_cast<int64_t>(count);
  return static_cast<int>(floor_divide(2 * static_cast<int64_t>(sum) + (2 - int64_t{size}) * n, 2 * n));
}

/// Output pixels [begin, end) whose centres lie in [low, high + 1) of the region's pixels.
struct Span {
  int begin, end;
};
Span covered(int low, int high, int region_begin, int region_size, int outputs) {
  // Centre of output o: region_begin + (2 o + 1) * size / (2 outputs).
  const auto first_from = [&](int64_t edge) {
    const int64_t numerator = 2 * outputs * (edge - region_begin) - region_size;
    return static_cast<int>(std::clamp<int64_t>(-floor_divide(-numerator, 2 * int64_t{region_size}), 0, outputs));
  };
  return {first_from(low), first_from(int64_t{high} + 1)};
}

}  // namespace

inference::Region region_around(const contract::ObjectRecord& object, const CropParameters& parameters, int width,
                                int height) {
  // Integers throughout: real numbers could round differently elsewhere.
  constexpr int64_t kOne = 1024;
  const auto grown = kOne + 2 * static_cast<int64_t>(std::llround(parameters.margin * kOne));
  const int64_t box_width = object.right - object.left + 1, box_height = object.bottom - object.top + 1;
  const bool wide = box_width * height >= box_height * width;
  const auto side = [&](int64_t pixels) {
    const int64_t unit = kOne * (wide ? width : height);
    const int64_t size = (2 * (wide ? box_width : box_height) * grown * pixels + unit) / (2 * unit);
    return static_cast<int>(std::clamp<int64_t>(size, 1, inference::AxisTaps::kMost));
  };
  inference::Region region;
  region.width = side(width);
  region.height = side(height);
  region.left = origin(parameters, region.width, object.left, object.right, object.m10, object.m00);
  region.top = origin(parameters, region.height, object.top, object.bottom, object.m01, object.m00);
  return region;
}

void RoiCropper::crop(const FrameView& frame, const contract::ObjectRecord& object, uint8_t* picture) {
  const int width = resampler_.width(), height = resampler_.height(), channels = resampler_.channels();
  const inference::Region region = region_around(object, parameters_, width, height);
  resampler_.run(frame, region, picture);
  Span rows{0, height}, columns{0, width};
  if (parameters_.mask) {
    rows = covered(object.top, object.bottom, region.top, region.height, height);
    columns = covered(object.left, object.right, region.left, region.width, width);
  }
  const size_t row_bytes = static_cast<size_t>(width) * channels;
  const size_t begin = static_cast<size_t>(columns.begin) * channels, end = static_cast<size_t>(columns.end) * channels;
  if (parameters_.invert) {
    for (size_t i = 0; i < row_bytes * height; ++i) picture[i] = static_cast<uint8_t>(255 - picture[i]);
  }
  if (parameters_.stretch) {
    uint8_t low = 255, high = 0;
    for (int row = rows.begin; row < rows.end; ++row) {
      const uint8_t* line = picture + row * row_bytes;
      for (size_t i = begin; i < end; ++i) {
        low = std::min(low, line[i]);
        high = std::max(high, line[i]);
      }
    }
    const uint32_t gain = high > low ? (255u << 16) / (high - low) : 0;
    for (int row = rows.begin; row < rows.end; ++row) {
      uint8_t* line = picture + row * row_bytes;
      for (size_t i = begin; i < end; ++i) line[i] = static_cast<uint8_t>(((line[i] - low) * gain + (1u << 15)) >> 16);
    }
  }
  if (!parameters_.mask) return;
  for (int row = 0; row < height; ++row) {
    uint8_t* line = picture + row * row_bytes;
    if (row < rows.begin || row >= rows.end) {
      std::memset(line, 0, row_bytes);
    } else {
      std::memset(line, 0, begin);
      std::memset(line + end, 0, row_bytes - end);
    }
  }
}

void RoiCropper::prefetch(const FrameView& frame, const contract::ObjectRecord& object) {
  constexpr ptrdiff_t kLine = 64;
  const ptrdiff_t pixel = bytes_per_pixel(frame.format);
  for (int row = object.top; row <= object.bottom; ++row) {
    const uint8_t* line = frame.row(row);
    for (ptrdiff_t at = object.left * pixel; at < (object.right + 1) * pixel; at += kLine)
      __builtin_prefetch(line + at);
    __builtin_prefetch(line + object.right * pixel);
  }
}

}  // namespace flashcell::host
