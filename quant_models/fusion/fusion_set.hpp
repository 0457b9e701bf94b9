#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "quant_models/data/detection_set.hpp"

namespace flashcell::quant {

/// A frame, the events around it and what is to be seen in it.
struct FusionExample {
  std::vector<uint8_t> rgb;   ///< planes R, G, B of rows x columns pixels
  std::vector<float> events;  ///< a voxel grid, bins of rows x columns
  std::vector<MarkedObject> objects;
  bool night = false;
};

/// Examples of one size, to learn by and to test with.
struct FusionSet {
  std::vector<std::string> classes;
  int rows = 0, columns = 0, event_bins = 0;
  std::vector<FusionExample> train, test;

  size_t rgb_size() const { return size_t{3} * static_cast<size_t>(rows) * static_cast<size_t>(columns); }
  size_t events_size() const {
    return static_cast<size_t>(event_bins) * static_cast<size_t>(rows) * static_cast<size_t>(columns);
  }
};

/// What a network looks at of an example.
struct FusionView {
  bool rgb = true, events = true;
};

/// Numbers of the view of one example.
size_t view_size(const FusionSet& set, const FusionView& view);

/// Writes the example's numbers as a network's inputs take them: pixels / 255, then the voxel grid. `rgb_off`: the
/// frame is zeros; `mirrored`: left and right are changed. `to` holds view_size() numbers.
void write_view(const FusionSet& set, const FusionExample& example, const FusionView& view, bool rgb_off, bool mirrored,
                std::span<float> to);

/// `count` examples to learn by, spread over all, as run_all() takes them.
std::vector<float> calibration_examples(const FusionSet& set, const FusionView& view, int64_t count);

/// Of all numbers of the set, for checkpoints.
uint64_t fingerprint(const FusionSet& set);

/// Throws ModelError that says what does not fit: sizes, classes, boxes outside, nothing to learn by or to test with.
void check(const FusionSet& set);

}  // namespace flashcell::quant
