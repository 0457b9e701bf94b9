// Any bytes as a tar archive, packed or not; every block of it with the checksum of a header: refused, or files that
// lie inside it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "quant_models/data/gzip.hpp"
#include "quant_models/data/tar_archive.hpp"
#include "tests/fuzz/must_blame_the_input.hpp"

namespace {

void put_checksums(std::vector<uint8_t>& tar) {
  constexpr size_t kBlock = 512, kAt = 148, kBytes = 8;
  for (size_t block = 0; block + kBlock <= tar.size(); block += kBlock) {
    uint8_t* const header = &tar[block];
    if (std::all_of(header, header + kBlock, [](uint8_t b) { return b == 0; })) continue;
    std::fill_n(header + kAt, kBytes, uint8_t{' '});
    unsigned sum = 0;
    for (size_t i = 0; i < kBlock; ++i) sum += header[i];
    for (size_t digit = 6; digit-- > 0; sum /= 8) header[kAt + digit] = static_cast<uint8_t>('0' + sum % 8);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  constexpr uint64_t kMost = 1 << 24;  // memory stays small
  fuzz::must_parse_or_blame_the_input([&] {
    std::vector<uint8_t> bytes = quant::gunzip({data, data + size}, "fuzz.tgz", kMost);
    if (bytes.size() > kMost) std::abort();
    put_checksums(bytes);
    for (const auto& [name, content] : quant::read_tar(bytes, "fuzz.tar"))
      if (!content.empty() &&
          (content.data() < bytes.data() || content.data() + content.size() > bytes.data() + bytes.size()))
        std::abort();
  });
  return 0;
}
