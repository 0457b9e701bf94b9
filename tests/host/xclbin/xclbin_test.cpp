// The xclbin reader against our own writer, against damage, and the check of what it holds.
#include "host/xclbin/xclbin.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/error.hpp"
#include "bitstreams/software_xclbin/software_xclbin.hpp"
#include "host/xclbin/check.hpp"

namespace flashcell::host {
namespace {

using testing::HasSubstr;

Xclbin read(const std::vector<uint8_t>& bytes) {
  return read_xclbin(bytes, "test.xclbin");
}

std::string error_of(const std::function<void()>& what, Fault fault) {
  try {
    what();
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), fault);
    return e.what();
  }
  return "no error";
}

contract::LabelParameters frames(uint32_t side, contract::Connectivity connectivity, uint8_t features) {
  contract::LabelParameters label;
  label.width = label.height = side;
  label.connectivity = connectivity;
  label.features = features;
  return label;
}

TEST(Xclbin, ReadsWhatTheWriterWrote) {
  bitstreams::SoftwareXclbin description;
  description.units = 3;
  description.clock_mhz = 250;
  const Xclbin xclbin = read(bitstreams::make_software_xclbin(description));
  EXPECT_EQ(xclbin.platform, contract::kSoftwarePlatform);
  EXPECT_EQ(xclbin.target, XclbinTarget::hardware_emulation);
  EXPECT_EQ(xclbin.uuid.size(), 32u);
  ASSERT_EQ(xclbin.clocks.size(), 1u);
  EXPECT_EQ(xclbin.clocks[0].mhz, 250u);
  ASSERT_EQ(xclbin.memories.size(), 4u);
  EXPECT_EQ(xclbin.memories[2].tag, "bank2");
  EXPECT_EQ(xclbin.memories[2].kilobytes, 4u << 20);
  ASSERT_EQ(xclbin.kernels.size(), static_cast<size_t>(contract::kCellLabelBuildCount));
  std::set<uint64_t> bases;
  for (size_t k = 0; k < xclbin.kernels.size(); ++k) {
    const XclbinKernel& kernel = xclbin.kernels[k];
    EXPECT_EQ(kernel.name, contract::kCellLabelBuilds[k].name);
    EXPECT_EQ(kernel_problem(xclbin, kernel), "");
    ASSERT_EQ(kernel.units.size(), 3u);
    EXPECT_EQ(kernel.units[1].instance, kernel.name + "_2");
    for (const ComputeUnit& unit : kernel.units) {
      EXPECT_TRUE(bases.insert(unit.base).second) << "two compute units at one address";
    }
    ASSERT_EQ(kernel.arguments.size(), static_cast<size_t>(contract::kCellLabelArgumentCount));
    for (size_t a = 0; a < kernel.arguments.size(); ++a) {
      const contract::KernelArgument& wanted = contract::kCellLabelArguments[a];
      EXPECT_EQ(kernel.arguments[a].name, wanted.name);
      EXPECT_EQ(kernel.arguments[a].offset, wanted.offset);
      EXPECT_EQ(kernel.arguments[a].pointer, wanted.bundle != nullptr);
    }
  }
  EXPECT_TRUE(check_xclbin(xclbin).usable);
}

TEST(Xclbin, TheUuidChangesWithTheContents) {
  bitstreams::SoftwareXclbin other;
  other.units = 1;
  EXPECT_NE(read(bitstreams::make_software_xclbin({})).uuid, read(bitstreams::make_software_xclbin(other)).uuid);
  EXPECT_EQ(bitstreams::make_software_xclbin(other), bitstreams::make_software_xclbin(other));
}

TEST(Xclbin, EveryTruncationIsNamed) {
  bitstreams::SoftwareXclbin description;
  description.units = 1;
  description.kernels = {contract::kCellLabelBuilds[0].name};
  const std::vector<uint8_t> whole = bitstreams::make_software_xclbin(description);
  for (size_t length = 0; length < whole.size(); ++length) {
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length));
    const std::string error = error_of([&] { read(cut); }, Fault::input);
    EXPECT_THAT(error, HasSubstr(length < 8 ? "not an xclbin" : "damaged")) << length;
  }
}

TEST(Xclbin, DamagedBytesNeverCrashTheReader) {
  const std::vector<uint8_t> whole = bitstreams::make_software_xclbin({});
  std::mt19937 random(1);
  int accepted = 0;
  for (int i = 0; i < 3000; ++i) {
    std::vector<uint8_t> bytes = whole;
    for (int hits = 1 + static_cast<int>(random() % 4); hits > 0; --hits) {
      const size_t limit = i % 2 == 0 ? 720 : bytes.size();  // every other time the headers only
      bytes[random() % limit] = static_cast<uint8_t>(random());
    }
    try {
      check_xclbin(read(bytes));
      ++accepted;
    } catch (const Error& e) {
      EXPECT_EQ(e.fault(), Fault::input);
    }
  }
  EXPECT_GT(accepted, 0);
  EXPECT_LT(accepted, 3000);
}

/// The software xclbin with `from` in its metadata replaced by a text of the same length.
std::vector<uint8_t> with_metadata(const std::string& from, const std::string& to) {
  bitstreams::SoftwareXclbin description;
  description.kernels = {contract::kCellLabelBuilds[0].name};
  const std::vector<uint8_t> whole = bitstreams::make_software_xclbin(description);
  std::string text(whole.begin(), whole.end());
  EXPECT_EQ(from.size(), to.size());
  text.replace(text.find(from), from.size(), to);
  return {text.begin(), text.end()};
}

TEST(Xclbin, MetadataIsXml) {
  const std::string error = error_of([] { read(with_metadata("<core name=", "<cork name=")); }, Fault::input);
  EXPECT_THAT(error,
              testing::AllOf(HasSubstr("test.xclbin"), HasSubstr("its metadata: line"), HasSubstr("no valid XML")));
  // Entities are what they stand for.
  const std::string name = "cell_label_cell_shape_512_v3\"", entities = "cell&#x5f;label&amp;512_v2xx\"";
  EXPECT_EQ(read(with_metadata("<kernel name=\"" + name, "<kernel name=\"" + entities)).kernels.at(0).name,
            "cell_label&512_v2xx");
}

TEST(Xclbin, ChoosesTheLeanestKernelThatFits) {
  const Xclbin xclbin = read(bitstreams::make_software_xclbin({}));
  const auto chosen = [&](uint32_t side, contract::Connectivity connectivity, uint8_t features) {
    return std::string(choose_kernel(xclbin, frames(side, connectivity, features), "x").name);
  };
  using contract::Connectivity;
  EXPECT_EQ(chosen(512, Connectivity::cell, contract::kFeatureHlac), "cell_label_cell_shape_512_v3");
  EXPECT_EQ(chosen(513, Connectivity::cell, 0), "cell_label_cell_shape_1024_v3");
  EXPECT_EQ(chosen(512, Connectivity::exact4, contract::kFeatureHue), "cell_label_exact_full_512_v3");
  EXPECT_EQ(chosen(1024, Connectivity::exact8, contract::kAllFeatures), "cell_label_exact_full_1024_v3");
}

TEST(Xclbin, SaysWhatItHasAndWhatTheFramesNeed) {
  bitstreams::SoftwareXclbin description;
  description.kernels = {"cell_label_cell_shape_512_v3"};
  const Xclbin xclbin = read(bitstreams::make_software_xclbin(description));
  const auto error = error_of(
      [&] { choose_kernel(xclbin, frames(640, contract::Connectivity::exact8, contract::kFeatureHue), "a.xclbin"); },
      Fault::device);
  for (const char* part : {"a.xclbin", "640x640", "exact8", "hue", "cell_label_cell_shape_512_v3"})
    EXPECT_THAT(error, HasSubstr(part));
}

TEST(Xclbin, NamesAnotherContractVersion) {
  bitstreams::SoftwareXclbin description;
  description.kernels = {"cell_label_cell_full_512_v77"};
  const Xclbin xclbin = read(bitstreams::make_software_xclbin(description));
  const auto error =
      error_of([&] { choose_kernel(xclbin, frames(512, contract::Connectivity::cell, 0), "a.xclbin"); }, Fault::device);
  EXPECT_THAT(error, HasSubstr("contract version 77"));
  EXPECT_FALSE(check_xclbin(xclbin).usable);
}

TEST(Xclbin, ContractVersionOfAName) {
  EXPECT_EQ(contract_version_of("cell_label_cell_full_512_v3"), 3u);
  EXPECT_EQ(contract_version_of("x_v12"), 12u);
  for (const char* name : {"", "_v", "vadd", "x_v1a", "x_v-1", "x_v99999999999"})
    EXPECT_FALSE(contract_version_of(name)) << name;
}

TEST(Xclbin, TellsCardsApart) {
  EXPECT_TRUE(same_card("xilinx_u250_gen3x16_xdma_4_1_202210_1", "xilinx_u250_gen3x16_xdma_shell_4_1"));
  EXPECT_TRUE(same_card("xilinx:u250:gen3x16", "xilinx_u250_gen3x16_base"));
  EXPECT_FALSE(same_card("xilinx_u50_gen3x16_xdma_5_202210_1", "xilinx_u250_gen3x16_xdma_shell_4_1"));
  EXPECT_FALSE(same_card("", "xilinx_u250_x"));
}

}  // namespace
}  // namespace flashcell::host
