#pragma once
#include <memory>

#include "host/label/labeller.hpp"

namespace flashcell::host {

/// The FPGA kernel's own sources, run on the CPU: each call is a launch of one frame. Throws Error(Fault::usage) for
/// parameters out of range.
std::unique_ptr<Labeller> make_hls_labeller(const contract::LabelParameters& parameters);

}  // namespace flashcell::host
