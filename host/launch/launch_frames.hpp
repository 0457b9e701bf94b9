#pragma once
#include <cstddef>
#include <span>

#include "host/label/bit_image.hpp"
#include "host/launch/launch_layout.hpp"

// A launch's inputs in memory. What is written: rows without their padding, which nobody else writes either.
namespace flashcell::host {

/// Job and colour table into the parameters buffer.
void write_parameters(const LaunchLayout& layout, const SegmentParameters& segment, std::byte* parameters);

/// Pixels of a frame to their place in the frames buffer; nothing where the kernel reads none.
void write_frame(const LaunchLayout& layout, const FrameView& view, std::byte* frame);
/// The frame that lies there, as it lies there; PixelLayout::none: only its size. Bayer frames have format grey8.
FrameView view_of_frame(const LaunchLayout& layout, const std::byte* frame);

/// The frame's masks, one a class, to their place in the masks buffer.
void write_masks(const LaunchLayout& layout, std::span<const BitImage> masks, std::byte* frame_masks);
/// One mask from its place. `mask` has the frame's size; bits behind a row's last pixel do not count.
void read_mask(const LaunchLayout& layout, std::span<const std::byte> from, BitImage& mask);

}  // namespace flashcell::host
