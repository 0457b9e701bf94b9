#pragma once
#include "quant_models/cim/array_network.hpp"

namespace flashcell::quant::cim {

/// Ranges for a device's converters from `count` pictures, as large as one sample of the graph's only input: the limit
/// of a layer's inputs is the percentile of their magnitudes, with a sign where any of them is negative; the range of a
/// slice's columns is column_range() of its currents on arrays without faults, noise and converters behind them. A
/// full-range converter wastes most of its levels: 8 bits over 512 rows leave an
/// error as large as the signal. Limits of `stated` (stated_limits()) go before the pictures': the network was trained
/// with what they cut off. Throws Error(Fault::usage) for a fixed range that ends below a hundredth of what a layer's
/// currents reach.
Settings calibrate(const Graph& graph, const ArrayDevice& device, std::span<const float> images, int64_t count,
                   const Settings& stated = {});

/// What a quantized graph says of its layers' inputs, and of their weights where they have the device's bits and one
/// scale: then each weight's code is its integer. Layers with an input of which it says nothing are left out.
Settings stated_limits(const Graph& graph, const ArrayDevice& device);

/// Ranges without pictures, from what a quantized graph says of its values: a layer's inputs reach as far as its
/// input's integers, its currents as far as its output's. Throws ModelError that names a value that says nothing, Error
/// as calibrate().
Settings stated_ranges(const Graph& graph, const ArrayDevice& device);

}  // namespace flashcell::quant::cim
