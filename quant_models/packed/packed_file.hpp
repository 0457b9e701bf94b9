#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "quant_models/packed/packed_model.hpp"

// The file of a packed model, `.fcnn`, little-endian:
//   0   8 bytes  "FCNN\r\n\x1a\n": a copy in text mode damages it visibly
//   8   uint32   version of the file, 2; files of version 1 are read as well (packed_file_v1.hpp)
//   12  uint32   bytes of the kernel image
//   16  uint64   bytes of the file
//   24  uint64   checksum: FNV-1a, 64 bits, of all bytes from 32 on
//   32  uint8[32] zero
//   64  the kernel image (kernel_image.hpp); then what only people read:
//       the model's name; each layer's name; each tensor's name and scale (float32); number of classes (uint32) and
//       their names; preprocessing: channels (uint8), 3 means, 3 factors (float32)
// A name is its length (uint16) and so many bytes of UTF-8.
// A calibrated model's name goes on with a line feed and "calibration TEMPERATURE DOUBT OBJECTS FAMILIAR" (the fields
// of base/calibration.hpp, as std::to_chars writes float32). A reader that does not know it has a longer name and else
// the same model; a line that is written in any other way is a part of the name.
namespace flashcell::quant {

/// The file's bytes. Throws ModelError for a model that is not valid or a name of more than 65535 bytes.
std::vector<uint8_t> packed_file_bytes(const PackedModel& model);

/// The reverse; validates everything. `name` is the file's, for messages. Throws ModelError.
PackedModel parse_packed_file(std::span<const uint8_t> bytes, const std::string& name);

/// Checksum that belongs into a file's bytes 24..31; at least 64 bytes.
uint64_t packed_file_checksum(std::span<const uint8_t> bytes);

/// To and from disk. Writing is all or nothing: a file beside it first, then a rename. Throws ModelError.
void write_packed_file(const std::string& path, const PackedModel& model);
PackedModel read_packed_file(const std::string& path);

}  // namespace flashcell::quant
