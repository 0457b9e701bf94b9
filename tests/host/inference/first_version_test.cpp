// Files of the contract's first version compute what they did: hashes of outputs as that version's reference gave them.
#include <gtest/gtest.h>

#include <cstring>

#include "host/inference/engine/engine.hpp"
#include "host/inference/reference/reference.hpp"
#include "quant_models/data/file_bytes.hpp"
#include "quant_models/hash.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::host {
namespace {

struct Golden {
  const char* file;
  uint64_t hash;
};

constexpr Golden kGolden[] = {
    {"cell_digits/int4", 0xda4fc517bbc80c73},
    {"roi_mnist/int4", 0x8f660474e77d7d61},
    {"roi_mnist/int8", 0x8da3646685477c30},
};

std::string path_of(const Golden& golden) {
  return (test::source_dir() / "tests/host/inference/first_version" / golden.file).string() + ".fcnn";
}

std::vector<uint8_t> random_bytes(size_t count) {
  std::vector<uint8_t> bytes(count);
  uint32_t state = 1;
  for (uint8_t& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<uint8_t>(state >> 24);
  }
  return bytes;
}

TEST(FirstVersion, FilesComputeWhatTheyDid) {
  for (const Golden& golden : kGolden) {
    const std::vector<uint8_t> file = quant::read_file(path_of(golden));
    ASSERT_EQ(file[8], 1) << golden.file;
    const quant::PackedModel model = quant::parse_packed_file(file, golden.file);
    const std::vector<uint8_t> in = random_bytes(quant::bytes_of_role(model, contract::kInputTensor));
    std::vector<uint8_t> out(quant::bytes_of_role(model, contract::kOutputTensor)), fast(out.size());
    run_reference(model, in, 1, out);
    EXPECT_EQ(quant::Hash().add(std::span<const uint8_t>(out)).value(), golden.hash) << golden.file;
    Engine(model).run(in, 1, fast);
    EXPECT_EQ(fast, out) << golden.file;
    // Written anew it is of this version, and the same model.
    const std::vector<uint8_t> again = quant::packed_file_bytes(model);
    EXPECT_EQ(again[8], 2);
    EXPECT_EQ(quant::packed_file_bytes(quant::parse_packed_file(again, "again")), again);
  }
}

/// What the first version did not know is refused, whatever this version makes of the bytes.
TEST(FirstVersion, DamagedDescriptorsAreRefused) {
  const std::vector<uint8_t> file = quant::read_file(path_of(kGolden[2]));
  const auto refused = [&](size_t at, uint8_t value) {
    std::vector<uint8_t> bytes = file;
    bytes[at] = value;
    const uint64_t checksum = quant::packed_file_checksum(bytes);
    std::memcpy(bytes.data() + 24, &checksum, sizeof(checksum));
    EXPECT_THROW(quant::parse_packed_file(bytes, "m"), quant::ModelError) << at;
  };
  constexpr size_t kHead = 64, kFirstLayer = 128;
  refused(kHead, 2);             // the engine's version in a file of version 1
  refused(kHead + 40, 1);        // reserved
  refused(kFirstLayer, 13);      // a product
  refused(kFirstLayer + 1, 5);   // inputs
  refused(kFirstLayer + 11, 1);  // reserved
  refused(kFirstLayer + 18, 1);  // an input that does not count
  refused(kFirstLayer + 60, 1);  // reserved
}

}  // namespace
}  // namespace flashcell::host
