#pragma once
#include <stdint.h>

#include "kernels_hls/contract/limits.hpp"

namespace flashcell {
namespace contract {

/// Which pixels make one object.
enum class Connectivity : uint8_t {
  cell = 0,    ///< cells with at least min_cell_pixels foreground pixels, joined over the cell's 8 neighbours (Gu,
               ///< Takaki, Ishii 2013)
  exact8 = 1,  ///< pixel-exact, 8-connected
  exact4 = 2,  ///< pixel-exact, 4-connected
};
/// What each is called in configurations and messages.
struct ConnectivityName {
  Connectivity value;
  const char* name;
};
constexpr ConnectivityName kConnectivities[] = {
    {Connectivity::cell, "cell"}, {Connectivity::exact8, "exact8"}, {Connectivity::exact4, "exact4"}};

/// What is measured beside area, first and second moments and box, which always are. A feature that is off reads 0.
enum FeatureBits : uint8_t {
  kFeatureHlac = 1,       ///< 25 HLAC values
  kFeatureHue = 2,        ///< 16-bin hue histogram; needs RGB frames
  kFeatureIntensity = 4,  ///< sums of grey value: sub-pixel centroids
};
constexpr uint8_t kAllFeatures = kFeatureHlac | kFeatureHue | kFeatureIntensity;

/// How one frame is to be labelled.
struct LabelParameters {
  uint32_t width = 0;   ///< px, 1..4096
  uint32_t height = 0;  ///< px, 1..4096
  uint32_t max_objects = kDefaultMaxObjects;
  uint32_t min_area = 1;            ///< px; smaller objects are counted as too small and not reported
  uint32_t max_area = 0xFFFFFFFFu;  ///< px; larger objects are counted as too large
  Connectivity connectivity = Connectivity::exact8;
  uint8_t features = 0;           ///< FeatureBits
  uint8_t min_cell_pixels = 1;    ///< 1..64, connectivity `cell` only
  uint8_t saturation_floor = 32;  ///< 8-bit saturation below which a pixel is achromatic: kept out of the hue histogram
  uint8_t value_floor = 32;       ///< 8-bit value below which a pixel is achromatic
};

/// One object as every frame measures it. All integers, all exact; additive over its pixels but for the box,
/// first_pixel and peak. 64 bytes, little-endian: one 512-bit word. Coordinates are px from the frame's top-left pixel
/// (0,0).
struct ObjectRecord {
  uint64_t m20, m11, m02;  ///< sums of x*x, x*y, y*y
  uint64_t m10, m01;       ///< sums of x, y
  uint32_t m00;            ///< area, px
  uint32_t first_pixel;    ///< y*width + x of the object's first foreground pixel in raster order: the sort key
  uint16_t left, top, right, bottom;  ///< inclusive box of the foreground pixels
  uint32_t class_id;                  ///< colour class 0..7, or 0
  uint32_t peak;                      ///< largest grey value; 0 without kFeatureIntensity
};
static_assert(sizeof(ObjectRecord) == 64, "host and kernel share this layout");

/// What is measured of an object only where LabelParameters.features asks for it. Exact and additive over its pixels.
/// 256 bytes, little-endian: four 512-bit words. Those of them that hold features follow the record's in a kernel's
/// results (contract/cell_label_launch.hpp).
struct ObjectFeatures {
  uint64_t sum_i, sum_ix, sum_iy;  ///< sums of grey, grey*x, grey*y (kFeatureIntensity). Grey of the frame as it is: 8
                                   ///< or 16 bit; luma8 of RGB
  uint32_t achromatic;             ///< foreground pixels that the hue histogram leaves out (kFeatureHue)
  uint32_t hue[kHueBins];          ///< bin = hue8 >> 4 (contract/colour.hpp)
  uint32_t hlac[kHlacCount];       ///< contract/hlac.hpp
  uint32_t reserved[kReservedFeatures];  ///< 0: where the next features go
};
static_assert(sizeof(ObjectFeatures) == 256, "host and kernel share this layout");

/// Above every area.
constexpr uint32_t kNoArea = 0xFFFFFFFFu;

/// What a frame held. Objects are sorted by class_id, then first_pixel.
/// More objects than max_objects: those are kept that are complete first, in order of (class_id, bottom/8,
/// first_pixel); the others are counted in `lost`. The kept ones are still sorted by class_id, then first_pixel.
struct FrameSummary {
  uint32_t objects = 0;                   ///< records reported
  uint32_t lost = 0;                      ///< objects that did not fit into the table
  uint32_t too_small = 0;                 ///< objects below min_area
  uint32_t too_large = 0;                 ///< objects above max_area
  uint32_t largest_too_small = 0;         ///< px, area of the largest of those below min_area; 0: there is none
  uint32_t smallest_too_large = kNoArea;  ///< px, area of the smallest of those above max_area; kNoArea: there is none
  uint32_t foreground = 0;                ///< foreground pixels of the frame, in objects or not
  uint32_t outside = 0;  ///< pixels that the segmentation found outside the regions of interest and took away: no
                         ///< foreground. Counted by the host, which is where regions are applied

  /// Counts an object that the area limits leave out.
  void leave_out(const LabelParameters& limits, uint32_t area) {
    if (area < limits.min_area) {
      ++too_small;
      if (area > largest_too_small) largest_too_small = area;
    } else {
      ++too_large;
      if (area < smallest_too_large) smallest_too_large = area;
    }
  }
};

}  // namespace contract
}  // namespace flashcell
