#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace flashcell::quant {

/// The whole file. Throws ModelError when it cannot be read or is larger than 2 GiB.
std::vector<uint8_t> read_file(const std::string& path);

}  // namespace flashcell::quant
