#pragma once
#include "host/label/bit_image.hpp"
#include "kernels_hls/contract/object.hpp"
#include "pipeline/frame.hpp"

// What every labeller checks. Call check_parameters() in make_…_labeller() and check_input() first thing in label().
namespace flashcell::host {

/// Throws Error(Fault::usage) naming the first parameter out of the range that contract/object.hpp states.
void check_parameters(const contract::LabelParameters& parameters);

/// Throws Error(Fault::usage) when mask or pixels are not what the parameters promise: another size, hue of a grey
/// frame, no pixels. `pixels` is looked at only when a feature needs it.
void check_input(const contract::LabelParameters& parameters, const BitImage& mask, const FrameView& pixels,
                 uint32_t colour_class);

}  // namespace flashcell::host
