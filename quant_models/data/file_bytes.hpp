#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace flashcell::quant {

/// The whole file. Throws ModelError when it cannot be read or is larger than 2 GiB.
std::vector<uint8_t> read_file(const std::string& path);

/// Writes a whole file under a temporary name beside it, then renames: nothing half-written is left. Throws ModelError.
void write_file(const std::string& path, const std::string& bytes);

}  // namespace flashcell::quant
