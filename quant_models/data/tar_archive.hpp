#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>

namespace flashcell::quant {

/// Every regular file of a tar archive (POSIX ustar and GNU long names), by name without a leading "./". Links,
/// devices and folders are passed over. What is returned points into `archive`. `name` stands in messages. Throws
/// ModelError on damaged or truncated archives.
std::map<std::string, std::span<const uint8_t>> read_tar(std::span<const uint8_t> archive, const std::string& name);

}  // namespace flashcell::quant
