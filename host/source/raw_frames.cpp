#include "host/source/raw_frames.hpp"

#include <fmt/format.h>

#include <array>

#include "base/error.hpp"
#include "kernels_hls/contract/limits.hpp"

namespace flashcell::host {
namespace {

constexpr std::array<std::string_view, 11> kNames = {"grey8",      "grey10_packed", "grey12_packed", "grey16",
                                                     "grey16_be",  "rgb8",          "bgr8",          "bayer_rggb",
                                                     "bayer_bggr", "bayer_grbg",    "bayer_gbrg"};

void check(const RawGeometry& g, const std::string& name) {
  const auto require = [&name](bool holds, std::string_view what) {
    if (!holds) throw Error(Fault::usage, fmt::format("{}: raw frames: {}", name, what));
  };
  constexpr int kMax = contract::kMaxFrameSide;
  require(g.width >= 1 && g.height >= 1 && g.width <= kMax && g.height <= kMax,
          fmt::format("{}x{} px: width and height must be stated, 1..{}", g.width, g.height, kMax));
  // Interpolation needs neighbours of every colour.
  require(g.pixels < RawPixels::bayer_rggb || (g.width >= 4 && g.height >= 4), "a mosaic must have at least 4x4 px");
  require(g.significant_bits >= 9 && g.significant_bits <= 16,
          fmt::format("{} significant bits: must be 9..16", g.significant_bits));
  require(g.fps >= 0, "the frame rate must not be negative");
}

void set_format(const RawGeometry& g, bool grey, SourceInfo& info) {
  switch (g.pixels) {
    case RawPixels::grey8:
      info.format = PixelFormat::grey8;
      break;
    case RawPixels::grey10_packed:
    case RawPixels::grey12_packed:
    case RawPixels::grey16:
    case RawPixels::grey16_be:
      info.format = PixelFormat::grey16;
      info.significant_bits = g.pixels == RawPixels::grey10_packed   ? 10
                              : g.pixels == RawPixels::grey12_packed ? 12
                                                                     : g.significant_bits;
      break;
    case RawPixels::rgb8:
      info.format = PixelFormat::rgb8;
      break;
    case RawPixels::bgr8:
      info.format = PixelFormat::bgr8;
      break;
    default:
      info.format = grey ? PixelFormat::grey8 : PixelFormat::bgr8;
      break;
  }
}

}  // namespace

RawPixels parse_raw_pixels(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i]) return static_cast<RawPixels>(i);
  }
  throw Error(Fault::usage, fmt::format("unknown pixel format '{}': use one of {}", name, fmt::join(kNames, ", ")));
}

FrameLayout lay_out_raw(const RawGeometry& geometry, uint64_t file_bytes, const std::string& name, bool grey) {
  check(geometry, name);
  FrameLayout layout;
  layout.info.name = name;
  layout.info.width = geometry.width;
  layout.info.height = geometry.height;
  layout.info.fps = geometry.fps;
  set_format(geometry, grey, layout.info);
  layout.pixels = geometry.pixels;
  layout.row_bytes = tight_row_bytes(geometry.pixels, geometry.width);

  const uint64_t each = frame_bytes(layout);
  if (file_bytes < each || file_bytes - each < geometry.header_bytes) {
    throw Error(Fault::input,
                fmt::format("{}: {} bytes hold no frame of {} bytes after a header of {}: check the stated geometry",
                            name, file_bytes, each, geometry.header_bytes));
  }
  // Gaps lie between frames: the last needs none after it. A gap beyond the file leaves one frame.
  const uint64_t after_first = file_bytes - geometry.header_bytes - each;
  const bool more = geometry.gap_bytes <= after_first;
  const uint64_t step = more ? each + geometry.gap_bytes : each;
  const uint64_t count = more ? 1 + after_first / step : 1;
  check_frame_count(name, count);
  layout.frames.resize(count);
  for (uint64_t i = 0; i < count; ++i) {
    layout.frames[i].offset = geometry.header_bytes + i * step;
    layout.frames[i].number = static_cast<int64_t>(i);
  }
  layout.info.frame_count = static_cast<int64_t>(count);
  const uint64_t rest = after_first - (count - 1) * step;
  if (rest != 0 && rest != geometry.gap_bytes) {
    layout.damage = fmt::format(
        "{}: {} bytes after frame {} (byte {}) are no whole frame: the file is truncated or the stated geometry wrong",
        name, rest, count - 1, layout.frames.back().offset + each);
  }
  return layout;
}

}  // namespace flashcell::host
