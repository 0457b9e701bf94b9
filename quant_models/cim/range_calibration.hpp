#pragma once
#include "quant_models/cim/array_network.hpp"

namespace flashcell::quant::cim {

/// Some of many numbers: every 2^k-th, k as small as lets them fit. The same numbers in the same order give the same.
class NumberSample {
 public:
  void add(std::span<const float> numbers);
  /// Between its least and largest: `percent` of the numbers are at or below it.
  double percentile(double percent) const;
  bool empty() const { return numbers_.empty(); }

 private:
  static constexpr size_t kMost = size_t{1} << 20;
  std::vector<float> numbers_;
  uint64_t seen_ = 0, every_ = 1;
};

/// Ranges for a device's converters from `count` pictures, as large as one sample of the graph's only input: the limit
/// of a layer's inputs is the percentile of their magnitudes, with a sign where any of them is negative; the range of a
/// slice's columns lies between the percentiles (100 - p) and p of its currents on arrays without faults, noise and
/// converters behind them. It is symmetric where the device wants it, or where its middle is within a step of 0: then 0
/// is a level (CrossSim 3.2's rule). A full-range converter wastes most of its levels: 8 bits over 512 rows leave an
/// error as large as the signal. Limits of `stated` (stated_limits()) go before the pictures': the network was trained
/// with what they cut off. Throws Error(Fault::usage) for a fixed range that ends below a hundredth of what a layer's
/// currents reach.
Settings calibrate(const Graph& graph, const Device& device, std::span<const float> images, int64_t count,
                   const Settings& stated = {});

/// What a quantized graph says of its layers' inputs, and of their weights where they have the device's bits and one
/// scale: then each weight's code is its integer. Layers with an input of which it says nothing are left out.
Settings stated_limits(const Graph& graph, const Device& device);

/// Ranges without pictures, from what a quantized graph says of its values: a layer's inputs reach as far as its
/// input's integers, its currents as far as its output's. Throws ModelError that names a value that says nothing, Error
/// as calibrate().
Settings stated_ranges(const Graph& graph, const Device& device);

}  // namespace flashcell::quant::cim
