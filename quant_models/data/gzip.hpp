#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace flashcell::quant {

/// The bytes as they are, or unpacked when they are a gzip file. `name` stands in messages. Throws ModelError on a
/// damaged or truncated gzip file and on one that unpacks to more than `limit` bytes.
std::vector<uint8_t> gunzip(std::span<const uint8_t> bytes, const std::string& name,
                            uint64_t limit = uint64_t{1} << 31);

}  // namespace flashcell::quant
