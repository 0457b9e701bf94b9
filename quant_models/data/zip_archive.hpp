#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace flashcell::quant {

/// Every file of a ZIP archive (stored or deflated entries, no encryption, no ZIP64 directory), by name, unpacked and
/// checked against its CRC-32. `name` stands in messages. Throws ModelError on anything damaged, and where the archive
/// unpacks to more than `limit` bytes in all.
std::map<std::string, std::vector<uint8_t>> read_zip(std::span<const uint8_t> archive, const std::string& name,
                                                     uint64_t limit = uint64_t{1} << 31);

}  // namespace flashcell::quant
