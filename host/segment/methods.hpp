#pragma once
#include <memory>

#include "host/segment/segmenter.hpp"

// One maker a method; make_segmenter() has checked the parameters before it calls them.
namespace flashcell::host {

std::unique_ptr<Segmenter> make_threshold_segmenter(const SegmentParameters& parameters);
std::unique_ptr<Segmenter> make_otsu_segmenter(const SegmentParameters& parameters);
std::unique_ptr<Segmenter> make_adaptive_segmenter(const SegmentParameters& parameters, int width, int height,
                                                   PixelFormat format);
/// The same for 8-bit grey (and the luma of colours) and windows up to kMaxStepWindow, several times faster.
std::unique_ptr<Segmenter> make_adaptive8_segmenter(const SegmentParameters& parameters, int width, int height);
std::unique_ptr<Segmenter> make_background_segmenter(const SegmentParameters& parameters, int width, int height,
                                                     PixelFormat format);
/// Against parameters.scene, which stays as it is: frames need no order.
std::unique_ptr<Segmenter> make_median_segmenter(const SegmentParameters& parameters, PixelFormat format);
std::unique_ptr<Segmenter> make_colour_segmenter(const SegmentParameters& parameters);

/// `inner` with every mask ANDed with the regions of interest.
std::unique_ptr<Segmenter> make_region_segmenter(std::unique_ptr<Segmenter> inner,
                                                 const std::vector<SegmentRegion>& regions, int width, int height);

/// Throws Error(Fault::usage) naming the key, as the configuration file spells it, that is out of range.
void check_segment_parameters(const SegmentParameters& parameters, int width, int height, PixelFormat format);

}  // namespace flashcell::host
