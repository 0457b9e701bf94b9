#include "host/source/frame_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "base/error.hpp"
#include "host/source/cine_linearization.hpp"
#include "host/source/unpack.hpp"
#include "kernels_hls/contract/limits.hpp"

namespace flashcell::host {
namespace {

/// OpenCV names a mosaic by the second row's second and third pixel: rggb is its BayerBG.
int demosaic_code(RawPixels pixels, bool grey) {
  switch (pixels) {
    case RawPixels::bayer_bggr:
      return grey ? cv::COLOR_BayerRG2GRAY : cv::COLOR_BayerRG2BGR;
    case RawPixels::bayer_grbg:
      return grey ? cv::COLOR_BayerGB2GRAY : cv::COLOR_BayerGB2BGR;
    case RawPixels::bayer_gbrg:
      return grey ? cv::COLOR_BayerGR2GRAY : cv::COLOR_BayerGR2BGR;
    default:
      return grey ? cv::COLOR_BayerBG2GRAY : cv::COLOR_BayerBG2BGR;
  }
}

void demosaic(const FrameLayout& layout, const uint8_t* data, Frame& frame) {
  const SourceInfo& info = layout.info;
  const bool grey = !is_colour(info.format);
  const cv::Mat mosaic(info.height, info.width, CV_8UC1, const_cast<uint8_t*>(data), layout.row_bytes);
  cv::Mat out(info.height, info.width, grey ? CV_8UC1 : CV_8UC3, frame.storage.data());
  cv::cvtColor(mosaic, out, demosaic_code(layout.pixels, grey));
}

void decode_16(const FrameLayout& layout, const uint8_t* data, uint16_t* out) {
  const size_t count = static_cast<size_t>(layout.info.width) * static_cast<size_t>(layout.info.height);
  switch (layout.pixels) {
    case RawPixels::grey10_packed:
      unpack_10(data, count, out);
      if (layout.linearize) {
        for (size_t i = 0; i < count; ++i) out[i] = kCineLinearization[out[i]];
      }
      break;
    case RawPixels::grey12_packed:
      unpack_12(data, count, out);
      break;
    default:
      swap_bytes(data, count, out);
      break;
  }
}

bool is_bayer(RawPixels pixels) {
  return pixels >= RawPixels::bayer_rggb;
}

}  // namespace

void check_sides(const std::string& name, int64_t width, int64_t height) {
  constexpr int kMax = contract::kMaxFrameSide;
  if (width >= 1 && height >= 1 && width <= kMax && height <= kMax) return;
  throw Error(Fault::input, fmt::format("{}: frames of {}x{} px: sides must be 1..{}; is the file damaged?", name,
                                        width, height, kMax));
}

void check_frame_count(const std::string& name, uint64_t count) {
  constexpr uint64_t kMost = uint64_t{1} << 24;
  if (count <= kMost) return;
  throw Error(Fault::input,
              fmt::format("{}: {} frames of this size: more than {} are not supported; is the frame size right?", name,
                          count, kMost));
}

uint64_t tight_row_bytes(RawPixels pixels, int width) {
  switch (pixels) {
    case RawPixels::grey16:
    case RawPixels::grey16_be:
      return static_cast<uint64_t>(width) * 2;
    case RawPixels::rgb8:
    case RawPixels::bgr8:
      return static_cast<uint64_t>(width) * 3;
    default:
      return static_cast<uint64_t>(width);
  }
}

uint64_t frame_bytes(const FrameLayout& layout) {
  const uint64_t count = static_cast<uint64_t>(layout.info.width) * static_cast<uint64_t>(layout.info.height);
  if (layout.pixels == RawPixels::grey10_packed) return packed_bytes(count, 10);
  if (layout.pixels == RawPixels::grey12_packed) return packed_bytes(count, 12);
  return layout.row_bytes * static_cast<uint64_t>(layout.info.height);
}

bool read_frame(const FrameLayout& layout, const RandomReader& file, size_t index, std::vector<uint8_t>& stored,
                Frame& frame) {
  const SourceInfo& info = layout.info;
  const FramePlace& place = layout.frames[index];
  const bool packed = layout.pixels == RawPixels::grey10_packed || layout.pixels == RawPixels::grey12_packed;
  const bool decoded = packed || layout.pixels == RawPixels::grey16_be || is_bayer(layout.pixels);
  std::vector<uint8_t>& bytes = decoded ? stored : frame.storage;
  bytes.resize(frame_bytes(layout));
  if (!file.read(place.offset, bytes)) return false;
  frame.number = place.number;
  frame.device_time_ns = place.device_time_ns;

  if (!decoded) {
    const auto step = static_cast<ptrdiff_t>(layout.row_bytes);
    const uint8_t* top = layout.bottom_up ? bytes.data() + step * (info.height - 1) : bytes.data();
    frame.view = {top, info.width, info.height, layout.bottom_up ? -step : step, info.format};
    return true;
  }
  const ptrdiff_t stride = static_cast<ptrdiff_t>(info.width) * bytes_per_pixel(info.format);
  frame.storage.resize(static_cast<size_t>(stride) * static_cast<size_t>(info.height));
  if (is_bayer(layout.pixels)) {
    demosaic(layout, stored.data(), frame);
  } else {
    decode_16(layout, stored.data(), reinterpret_cast<uint16_t*>(frame.storage.data()));
  }
  frame.view = {frame.storage.data(), info.width, info.height, stride, info.format};
  return true;
}

}  // namespace flashcell::host
