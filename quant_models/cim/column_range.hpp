#pragma once
#include "quant_models/cim/device.hpp"
#include "quant_models/cim/number_sample.hpp"

namespace flashcell::quant::cim {

/// The range of the converters behind columns with these currents, as the device's rule has it. Between percentiles
/// (100 - p) and p, p the device's; or, by `least_error`, those p between 75 and 100 that leave the least mean squared
/// error with the device's bits: few levels are worth more where most currents are than where the largest one is. It is
/// symmetric where the device wants it, or where its middle is within a step of 0: then 0 is a level (CrossSim 3.2's
/// rule). `device` is the layer's own.
OutputRange column_range(const NumberSample& currents, const ArrayDevice& device);

}  // namespace flashcell::quant::cim
