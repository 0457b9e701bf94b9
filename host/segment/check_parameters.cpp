#include <fmt/format.h>

#include <cmath>

#include "base/error.hpp"
#include "host/segment/methods.hpp"
#include "host/segment/parameter_ranges.hpp"
#include "kernels_hls/contract/limits.hpp"

namespace flashcell::host {
namespace {

[[noreturn]] void fail(const std::string& line) {
  throw Error(Fault::usage, line);
}

void check_whole(const char* key, int value, IntegerRange range) {
  if (value < range.low || value > range.high)
    fail(fmt::format("{} must be {} to {}, not {}", key, range.low, range.high, value));
}

/// Not-a-number fails too.
void check_real(const char* key, double value, RealRange range) {
  if (!(value >= range.low && value <= range.high))
    fail(fmt::format("{} must be {} to {}, not {}", key, range.low, range.high, value));
}

void check_adaptive(const SegmentParameters& p, const SegmentRanges& ranges) {
  const IntegerRange window = SegmentRanges::window();
  if (p.window < window.low || p.window > window.high || p.window % 2 == 0) {
    fail(fmt::format("segment.window must be odd and {} to {}, not {}", window.low, window.high, p.window));
  }
  check_whole("segment.offset", p.offset, ranges.offset());
}

void check_background(const SegmentParameters& p, const SegmentRanges& ranges) {
  check_real("segment.sigmas", p.sigmas, SegmentRanges::sigmas());
  check_real("segment.learning_rate", p.learning_rate, SegmentRanges::learning_rate());
  check_real("segment.min_sigma", p.min_sigma, ranges.min_sigma());
  check_whole("segment.learn_frames", p.learn_frames, SegmentRanges::learn_frames());
}

void check_median(const SegmentParameters& p, const SegmentRanges& ranges, int width, int height) {
  check_real("segment.sigmas", p.sigmas, SegmentRanges::sigmas());
  check_real("segment.min_sigma", p.min_sigma, ranges.min_sigma());
  if (p.scene && (p.scene->width != width || p.scene->height != height)) {
    fail(fmt::format("segment.method \"median\": the scene has {}x{} px, the frames {}x{}", p.scene->width,
                     p.scene->height, width, height));
  }
  if (!p.scene)
    fail("segment.method \"median\" needs a recording to see the scene in before frames come; take \"background\"");
}

void check_colour(const SegmentParameters& p, PixelFormat format) {
  if (!is_colour(format))
    fail("segment.method \"colour\" needs colour frames, and these are grey; choose another method");
  if (p.classes.empty() || p.classes.size() > contract::kMaxColourClasses) {
    fail(fmt::format("segment.classes must name 1 to {} colours, not {}", contract::kMaxColourClasses,
                     p.classes.size()));
  }
  for (size_t i = 0; i < p.classes.size(); ++i) {
    const ColourClass& c = p.classes[i];
    if (c.saturation_low > c.saturation_high) {
      fail(fmt::format("segment.classes[{}] \"{}\": saturation_low {} is above saturation_high {}", i, c.name,
                       c.saturation_low, c.saturation_high));
    }
    if (c.value_low > c.value_high) {
      fail(fmt::format("segment.classes[{}] \"{}\": value_low {} is above value_high {}", i, c.name, c.value_low,
                       c.value_high));
    }
  }
}

void check_regions(const std::vector<SegmentRegion>& regions) {
  for (size_t i = 0; i < regions.size(); ++i) {
    if (const std::string fault = fault_of_shape(regions[i]); !fault.empty())
      fail(fmt::format("segment.region number {} {}", i + 1, fault));
  }
}

}  // namespace

void check_segment_parameters(const SegmentParameters& p, int width, int height, PixelFormat format) {
  check_whole("frame width", width, {contract::kMinFrameSide, contract::kMaxFrameSide});
  check_whole("frame height", height, {contract::kMinFrameSide, contract::kMaxFrameSide});
  const SegmentRanges ranges{format == PixelFormat::grey16 ? kDeepestGrey : 255};
  check_regions(p.regions);
  switch (p.method) {
    case SegmentMethod::threshold:
      return check_whole("segment.threshold", p.threshold, ranges.threshold());
    case SegmentMethod::otsu:
      return;
    case SegmentMethod::adaptive:
      return check_adaptive(p, ranges);
    case SegmentMethod::median:
      return check_median(p, ranges, width, height);
    case SegmentMethod::background:
      return check_background(p, ranges);
    case SegmentMethod::colour:
      return check_colour(p, format);
  }
  fail(fmt::format("segment.method {} is unknown", static_cast<int>(p.method)));
}

}  // namespace flashcell::host
