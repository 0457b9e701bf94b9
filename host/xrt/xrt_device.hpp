#pragma once
#include <cstdint>
#include <memory>

#include "host/config/config.hpp"
#include "pipeline/device.hpp"

namespace flashcell::host {

/// Where a frame's foreground is.
enum class FrameForeground : uint8_t {
  pixels,  ///< to be found in them
  cells,   ///< Frame::cells, as of an event camera: the board gets them as masks, and no pixels
};

/// Segments and labels on a board through XRT, several launches in flight (Device::queue()). Every compute unit that
/// the xclbin has of the chosen kernel is used, in turn. What a board cannot segment the host does, and sends masks.
/// `keep_pixels`: tables get their objects' pixels, for which the host segments every frame.
///
/// A launch that fails or takes longer than xrt.timeout_ms loses its frames; the board is then opened again, xrt.reopen
/// times a run at most. Opens the board at once: throws Error(Fault::device), or Error(Fault::usage) for parameters out
/// of range. Without XRT at build time it throws always and says so.
std::unique_ptr<Device> make_xrt_device(const XrtSection& section, const SegmentParameters& segment,
                                        const contract::LabelParameters& label, FrameForeground foreground,
                                        PixelFormat format, bool keep_pixels);

}  // namespace flashcell::host
