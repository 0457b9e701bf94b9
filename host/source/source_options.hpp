#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "host/events/event_parameters.hpp"

namespace flashcell::host {

/// How the pixels of raw frames lie in the file. Rows top to bottom without padding.
enum class RawPixels : uint8_t {
  grey8,
  grey10_packed,  ///< 4 samples in 5 bytes, most significant bits first
  grey12_packed,  ///< 2 samples in 3 bytes, most significant bits first
  grey16,         ///< little-endian
  grey16_be,      ///< big-endian
  rgb8,
  bgr8,
  bayer_rggb,  ///< 8-bit mosaic, named by the top-left 2x2 pixels; delivered as bgr8, or grey8 when grey is asked
  bayer_bggr,
  bayer_grbg,
  bayer_gbrg,
};

/// The enumerator of that name. Throws Error(Fault::usage) that lists the names.
RawPixels parse_raw_pixels(std::string_view name);

/// What a file of raw frames does not say of itself.
struct RawGeometry {
  int width = 0, height = 0;  ///< px
  RawPixels pixels = RawPixels::grey8;
  int significant_bits = 16;  ///< of grey16 samples, 9..16
  uint64_t header_bytes = 0;  ///< before the first frame
  uint64_t gap_bytes = 0;     ///< between a frame and the next
  double fps = 0;             ///< frames/s, 0 when unknown
};

struct SourceOptions {
  bool grey = false;          ///< segmentation wants grey: decoders deliver grey8 instead of bgr8
  int64_t start_frame = 0;    ///< first frame number delivered
  bool start_nearby = false;  ///< a video may start a few frames away from there, at once instead of after all before
  std::optional<int64_t> frame_limit = {};  ///< at most so many frames
  double fps = 0;                           ///< > 0: overrides the recorded rate; time stamps are dropped with it
  std::optional<RawGeometry> raw = {};      ///< the input is raw frames
  EventParameters events = {};              ///< a recording of events: what becomes a frame
  bool keep_events = false;                 ///< of events: windows come with their events, too
  bool event_pictures = true;               ///< of events: windows come with a picture, for people
};

}  // namespace flashcell::host
