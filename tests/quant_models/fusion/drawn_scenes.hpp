#pragma once
#include "quant_models/fusion/fusion_set.hpp"
#include "quant_models/models/fusion_detector.hpp"
#include "quant_models/random.hpp"

// Scenes that tiny detectors can learn, and such detectors.
namespace flashcell::quant::test_scenes {

inline constexpr int kSide = 64;

/// A bright or, at night, dim rectangle on noise; events along its sides.
inline FusionExample draw(const FusionSet& set, uint64_t seed) {
  Random random(seed, {});
  FusionExample example;
  example.night = random.below(2) == 1;
  example.rgb.resize(set.rgb_size());
  for (uint8_t& pixel : example.rgb) pixel = static_cast<uint8_t>(random.below(example.night ? 12 : 60));
  example.events.resize(set.events_size());
  const auto width = static_cast<int>(14 + random.below(20)), height = static_cast<int>(14 + random.below(20));
  const auto left = static_cast<int>(random.below(static_cast<uint64_t>(kSide - width)));
  const auto top = static_cast<int>(random.below(static_cast<uint64_t>(kSide - height)));
  const bool tall = height > width;
  for (int y = top; y < top + height; ++y)
    for (int x = left; x < left + width; ++x) {
      const auto at = static_cast<size_t>(y * kSide + x);
      for (size_t c = 0; c < 3; ++c)
        example.rgb[c * kSide * kSide + at] = static_cast<uint8_t>(example.night ? 20 : 150 + 100 * (c == 0) * tall);
      const bool edge = x == left || y == top || x + 1 == left + width || y + 1 == top + height;
      for (size_t b = 0; edge && b < static_cast<size_t>(set.event_bins); ++b)
        example.events[b * kSide * kSide + at] = 1;
    }
  const auto corner = [](int v) { return static_cast<float>(v); };
  example.objects = {{{corner(left), corner(top), corner(left + width), corner(top + height)}, tall ? 1 : 0}};
  return example;
}

inline FusionSet scenes(size_t train, size_t test) {
  FusionSet set{{"wide", "tall"}, kSide, kSide, 2, {}, {}};
  for (size_t i = 0; i < train; ++i) set.train.push_back(draw(set, i));
  for (size_t i = 0; i < test; ++i) set.test.push_back(draw(set, 1000 + i));
  return set;
}

inline FusionDetectorOptions size_for(const FusionSet& set, Fusion fusion) {
  FusionDetectorOptions o;
  o.fusion = fusion;
  o.rows = set.rows;
  o.columns = set.columns;
  o.event_channels = set.event_bins;
  o.classes = static_cast<int>(set.classes.size());
  o.width = 4;
  o.blocks = {1, 1, 1, 1};
  o.pyramid_channels = 8;
  o.head_depth = 1;
  o.reduction = 4;
  return o;
}

}  // namespace flashcell::quant::test_scenes
