#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace flashcell {

/// How AEDAT 4 packets are compressed; the values that its header has.
enum class Packing : uint32_t { none, lz4, lz4_high, zstd, zstd_high };

/// Unpacks one packet into `out`. Empty when that went well, else what is wrong, as the end of a sentence. A packet of
/// more than 64 MiB is refused.
const char* unpack(Packing packing, std::span<const uint8_t> packed, std::vector<uint8_t>& out);

}  // namespace flashcell
