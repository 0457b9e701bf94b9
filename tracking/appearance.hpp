#pragma once
#include <array>

#include "tracking/detection.hpp"
#include "tracking/tracker.hpp"

namespace flashcell::tracking {

/// What an object looks like, in terms that compare well: computed once a detection, averaged along a track.
struct Look {
  static constexpr int kColours =
      contract::kHueBins + 4;  ///< hue bins, the achromatic share, padding to whole SIMD words
  static constexpr int kTexture = contract::kHlacCount + 3;  ///< HLAC values and padding
  std::array<float, kTexture> hlac{};
  std::array<float, kColours> colour{};  ///< square roots of shares that sum to 1
  float log_area = 0;
  float elongation_x = 0,
        elongation_y = 0;  ///< (cov_xx - cov_yy, 2 cov_xy) / (cov_xx + cov_yy): turns with twice the angle
  float log_spread = 0;    ///< of (cov_xx + cov_yy) / area: how far from a disc
  float grey = 0;
  int colour_class = 0;
  int region = RegionMap::kNone;  ///< of TrackerParameters::regions
  bool has_shape = false, has_hlac = false, has_hue = false;
};

/// Makes `look`, a new one or another detection's, that of `detection`. Features that the detection lacks stay as they
/// are there: nobody reads them.
void look_at(const Detection& detection, Look& look);

/// Of two regions, whose objects have nothing to do with each other however near they are.
inline bool in_two_regions(const Look& a, const Look& b) {
  return a.region != b.region && a.region != RegionMap::kNone && b.region != RegionMap::kNone;
}

/// False of what cannot be one object, however alike: of two colour classes, or of two regions.
inline bool may_be_one(const Look& a, const Look& b) {
  return a.colour_class == b.colour_class && !in_two_regions(a, b);
}

/// A track's running look, with how much its area varies.
class Appearance {
 public:
  Appearance() = default;
  explicit Appearance(const Look& first) : look_(first) {}

  /// Takes one more sighting of the object alone. The first ones count alike, later ones 1/20.
  void learn(const Look& look);

  /// Dissimilarity, each cue about 1 for an ordinary change from frame to frame and bounded, so that no single cue can
  /// end a track. Cues that either side lacks are left out.
  double distance(const Look& look, const TrackerParameters& weights) const;

  const Look& look() const { return look_; }
  float area_variance() const { return area_variance_; }  ///< of the log area

 private:
  Look look_;
  float area_variance_ = 0;  ///< of log_area
  int learned_ = 1;
};

}  // namespace flashcell::tracking
