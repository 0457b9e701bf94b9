#include "host/segment/segmenter.hpp"

#include "host/segment/methods.hpp"

namespace flashcell::host {
namespace {

std::unique_ptr<Segmenter> make_method(const SegmentParameters& p, int width, int height, PixelFormat format) {
  switch (p.method) {
    case SegmentMethod::threshold:
      return make_threshold_segmenter(p);
    case SegmentMethod::otsu:
      return make_otsu_segmenter(p);
    case SegmentMethod::adaptive:
      return make_adaptive_segmenter(p, width, height, format);
    case SegmentMethod::median:
      return make_median_segmenter(p, format);
    case SegmentMethod::background:
      return make_background_segmenter(p, width, height, format);
    case SegmentMethod::colour:
      return make_colour_segmenter(p);
  }
  return nullptr;  // check_segment_parameters() lets no other value through
}

}  // namespace

std::unique_ptr<Segmenter> make_segmenter(const SegmentParameters& parameters, int width, int height,
                                          PixelFormat format) {
  check_segment_parameters(parameters, width, height, format);
  std::unique_ptr<Segmenter> method = make_method(parameters, width, height, format);
  if (parameters.regions.empty()) return method;
  return make_region_segmenter(std::move(method), parameters.regions, width, height);
}

}  // namespace flashcell::host
