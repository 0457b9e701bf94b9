#pragma once
#include "kernels_hls/contract/cell_label_launch.hpp"
#include "kernels_hls/contract/kernel_description.hpp"

namespace flashcell::host {

/// Clocks of one kernel on one kind of frame.
struct KernelCycles {
  double per_frame;    ///< in a launch of several frames, each one's turn
  double first_frame;  ///< from start to end of a launch with one frame
  double pixels_per_clock;
  uint32_t objects;  ///< in the frame that was run
};

/// What a frame to be modelled is like.
struct ModelFrame {
  int width = 512, height = 512;  ///< px
  contract::PixelLayout layout = contract::PixelLayout::grey8;
  contract::Connectivity connectivity = contract::Connectivity::cell;
  uint8_t features = contract::kFeatureHlac;
  int objects = 100;  ///< discs of 6 to 12 px radius, as many as find a place
};

/// Runs the kernel's own sources in the cycle model (kernels_hls/emulation) on generated frames; a fixed threshold. A
/// model: nothing here was placed on a chip. The frame must fit the build.
KernelCycles kernel_cycles(const contract::KernelBuild& build, const ModelFrame& frame);

/// The first build that fits the frame, or nullptr.
const contract::KernelBuild* build_for(const ModelFrame& frame);

}  // namespace flashcell::host
