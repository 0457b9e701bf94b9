#pragma once
#include <stdint.h>

#include "kernels_hls/contract/kernel_description.hpp"

// For hosts: what each feature of contract::FeatureBits is called, and what it needs. The one table of them.
namespace flashcell {
namespace contract {

struct FeatureDescription {
  FeatureBits bit;
  const char* name;   ///< in configurations, manifests and messages
  bool needs_pixels;  ///< beside the mask
  bool needs_colour;  ///< pixels with red, green and blue
  const char* meaning;
};
constexpr FeatureDescription kFeatures[] = {
    {kFeatureHlac, "hlac", false, false, "25 HLAC features: shape for telling objects apart and for recognition."},
    {kFeatureHue, "hue", true, true, "16-bin hue histogram. Colour recordings only."},
    {kFeatureIntensity, "intensity", true, false, "Grey sums: mean grey, sub-pixel centroid."},
};

constexpr uint8_t listed_features() {
  uint8_t bits = 0;
  for (const FeatureDescription& feature : kFeatures) bits = static_cast<uint8_t>(bits | feature.bit);
  return bits;
}
static_assert(listed_features() == kAllFeatures, "every feature stands in the table");

/// What every build measures, by name.
constexpr const char* kAlwaysMeasured[] = {"moments", "box"};

/// FeatureBits of those that the predicate takes.
template <class Predicate>
constexpr uint8_t features_where(Predicate predicate) {
  uint8_t bits = 0;
  for (const FeatureDescription& feature : kFeatures) {
    if (predicate(feature)) bits = static_cast<uint8_t>(bits | feature.bit);
  }
  return bits;
}

/// Whether any of these features looks at the frame's pixels, not the mask alone.
inline bool need_pixels(uint8_t features) {
  return (features & features_where([](const FeatureDescription& f) { return f.needs_pixels; })) != 0;
}
/// Whether any of these features needs frames in colour.
inline bool need_colour(uint8_t features) {
  return (features & features_where([](const FeatureDescription& f) { return f.needs_colour; })) != 0;
}
/// Those of `features` that grey frames can give.
inline uint8_t without_colour(uint8_t features) {
  return static_cast<uint8_t>(features & features_where([](const FeatureDescription& f) { return !f.needs_colour; }));
}

/// Appends the features' names, in the table's order, to anything with push_back().
template <class List>
void append_feature_names(uint8_t features, List& names) {
  for (const FeatureDescription& feature : kFeatures) {
    if ((features & feature.bit) != 0) names.push_back(feature.name);
  }
}
/// What a build measures, by name: kAlwaysMeasured, then its features.
template <class List>
List measured_names(const KernelBuild& build) {
  List names;
  for (const char* name : kAlwaysMeasured) names.push_back(name);
  append_feature_names(build.features, names);
  return names;
}

}  // namespace contract
}  // namespace flashcell
