#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "host/source/frame_layout.hpp"

namespace flashcell::host {

/// Reads the header of a Photron recording, `.cih` (lines `Key : Value`) or `.cihx` (XML inside a binary file; told
/// apart by content), and lays out its `.mraw` of `mraw_bytes` bytes: mono frames of 8, 12 (packed, most significant
/// bits first) or 16 bits (little-endian), one after the other (layout as in the public reader pyMRAW). info.fps is the
/// record rate divided by the save step (`Save Step`, `skipFrame`): the rate of the frames in the file.
///
/// `header_name`, `mraw_name`: for messages. Throws Error(Fault::input) when the header is damaged; frames that it
/// promises and the .mraw lacks are told of in FrameLayout::damage.
FrameLayout read_photron(std::span<const uint8_t> header, const std::string& header_name, uint64_t mraw_bytes,
                         const std::string& mraw_name);

}  // namespace flashcell::host
