#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/named_value.hpp"
#include "quant_models/data/nmnist.hpp"

namespace flashcell::quant {

/// Labelled sequences of one length, 8 bits a number.
struct Sequences {
  int64_t count = 0, steps = 0;
  int inputs = 0;
  std::vector<uint8_t> values;  ///< count x steps x inputs
  std::vector<int32_t> labels;  ///< count
  float unit = 1;               ///< what 1 of a value is to the network

  std::span<const uint8_t> step(int64_t sequence, int64_t t) const {
    const auto width = static_cast<size_t>(inputs);
    return std::span(values).subspan(static_cast<size_t>(sequence * steps + t) * width, width);
  }
};

struct SequenceSet {
  Sequences train, test;
  std::vector<std::string> names;  ///< of the classes
  /// Where a step is a square picture: planes and px a side; else 0.
  int planes = 0, side = 0;
};

enum class SequenceFormat {
  rows,      ///< MNIST's pictures row by row: 28 steps of 28 numbers
  pixels,    ///< MNIST's pictures pixel by pixel: 784 steps
  nmnist,    ///< saccades in bins of time, with lists train*.txt and test*.txt or labels.csv
  gestures,  ///< a folder that `flashcell synth gestures` wrote; host/gestures reads it
  tensors,   ///< .npz: train_values, test_values (count x steps x ..., 8 bits), train_labels, test_labels
};
inline constexpr NamedValue<SequenceFormat> kSequenceFormatNames[] = {{SequenceFormat::rows, "rows"},
                                                                      {SequenceFormat::pixels, "pixels"},
                                                                      {SequenceFormat::nmnist, "nmnist"},
                                                                      {SequenceFormat::gestures, "gestures"},
                                                                      {SequenceFormat::tensors, "tensors"}};

/// How events become numbers: two polarities of bins of time, pixels pooled by their largest.
struct EventBins {
  int size = 34;  ///< pixels of the sensor, columns and rows
  int pool = 2;   ///< pixels a side that become one
  uint32_t microseconds = 25000;
  int64_t steps = 12;  ///< bins; later events are left out

  int pooled() const { return (size + pool - 1) / pool; }
  int inputs() const { return 2 * pooled() * pooled(); }
};

/// steps x inputs numbers: 1 where a pixel of the pooled ones had an event of the polarity in the bin; darker first,
/// row-major.
std::vector<uint8_t> bin_events(std::span<const AddressEvent> events, const EventBins& bins);

/// Throws ModelError naming file and fault. Not of gestures.
SequenceSet read_sequences(const std::string& path, SequenceFormat format, const EventBins& bins = {});

/// Of the bytes of a .npz file (SequenceFormat::tensors).
SequenceSet parse_tensors(std::span<const uint8_t> file, const std::string& name);

}  // namespace flashcell::quant
