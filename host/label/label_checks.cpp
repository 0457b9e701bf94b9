#include "host/label/label_checks.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "kernels_hls/contract/features.hpp"

namespace flashcell::host {
namespace {

void check_range(const char* name, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high) {
    throw Error(Fault::usage, fmt::format("labeller: {} is {}, but must be {}..{}", name, value, low, high));
  }
}

}  // namespace

void check_parameters(const contract::LabelParameters& p) {
  check_range("width", p.width, contract::kMinFrameSide, contract::kMaxFrameSide);
  check_range("height", p.height, contract::kMinFrameSide, contract::kMaxFrameSide);
  check_range("max_objects", p.max_objects, 1, int64_t{contract::kMaxFrameSide} * contract::kMaxFrameSide);
  check_range("max_area", p.max_area, p.min_area, 0xFFFFFFFFll);
  check_range("connectivity", static_cast<int64_t>(p.connectivity), 0, 2);
  check_range("features", p.features, 0, contract::kAllFeatures);
  check_range("min_cell_pixels", p.min_cell_pixels, 1, contract::kCellPixels);
}

void check_input(const contract::LabelParameters& p, const BitImage& mask, const FrameView& pixels,
                 uint32_t colour_class) {
  check_range("colour class", colour_class, 0, contract::kMaxColourClasses - 1);
  const int width = static_cast<int>(p.width), height = static_cast<int>(p.height);
  if (mask.width() != width || mask.height() != height) {
    throw Error(Fault::usage, fmt::format("labeller: the mask is {}x{} px, but the labeller was made for {}x{}",
                                          mask.width(), mask.height(), width, height));
  }
  if (!contract::need_pixels(p.features)) return;
  if (pixels.data == nullptr || pixels.width != width || pixels.height != height) {
    throw Error(Fault::usage,
                fmt::format("labeller: hue and intensity features need the frame's {}x{} pixels, got {}x{}", width,
                            height, pixels.data == nullptr ? 0 : pixels.width, pixels.height));
  }
  if (contract::need_colour(p.features) && !is_colour(pixels.format)) {
    throw Error(Fault::usage,
                "labeller: hue histograms need rgb8 or bgr8 frames; switch the hue feature off for grey ones");
  }
}

}  // namespace flashcell::host
