// The program itself, with a recording stand-in for v++ on PATH.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/folders.hpp"
#include "tests/support/json.hpp"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct Outcome {
  int code;
  std::string text;
};

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class MakeBitstream : public testing::Test {
 protected:
  MakeBitstream()
      : folder_(fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "bin");
  }
  ~MakeBitstream() override { fs::remove_all(folder_); }

  /// `script` runs with the arguments that v++ got; $out is the file asked for.
  void install_compiler(const std::string& script) {
    const fs::path file = folder_ / "bin" / "v++";
    std::ofstream(file) << "#!/bin/bash\n"
                           "if [[ $1 == --version ]]; then echo '****** v++ v2022.1 (64-bit)'; exit 0; fi\n"
                           "echo \"$@\" >>'"
                        << (folder_ / "calls").string()
                        << "'\n"
                           "while [[ $# -gt 0 ]]; do [[ $1 == --output ]] && out=$2; shift; done\n"
                        << script;
    fs::permissions(file, fs::perms::owner_all);
  }

  void install_platform(const std::string& name, const std::string& file) {
    fs::create_directories(folder_ / "platforms" / name);
    std::ofstream(folder_ / "platforms" / name / (file + ".xpfm")) << "platform";
  }
  void install_platform(const std::string& name) { install_platform(name, name); }

  Outcome run(const std::string& arguments) {
    const fs::path log = folder_ / "log";
    const std::string command = "env -u XILINX_VITIS PATH='" + (folder_ / "bin").string() +
                                ":/usr/bin:/bin' PLATFORM_REPO_PATHS='" + (folder_ / "platforms").string() + "' '" +
                                (flashcell::test::build_dir() / "bitstreams/make_bitstream").string() + "' --source '" +
                                flashcell::test::source_dir().string() + "' --output '" + (folder_ / "out").string() +
                                "' " + arguments + " >'" + log.string() + "' 2>&1";
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), text_of(log)};
  }

  const fs::path folder_;
};

TEST_F(MakeBitstream, WithoutTheCompilerSaysWhatToInstall) {
  const Outcome outcome = run("--board u50");
  EXPECT_EQ(outcome.code, 4);
  EXPECT_THAT(outcome.text, HasSubstr("install AMD Vitis"));
  EXPECT_EQ(std::count(outcome.text.begin(), outcome.text.end(), '\n'), 1);
}

TEST_F(MakeBitstream, WithoutThePlatformSaysWhichOne) {
  install_compiler("exit 1");
  const Outcome outcome = run("--board kv260");
  EXPECT_EQ(outcome.code, 4);
  EXPECT_THAT(outcome.text, HasSubstr("xilinx_kv260_ispMipiRx_vcu_DP_202220_1"));
  EXPECT_FALSE(fs::exists(folder_ / "calls"));
}

TEST_F(MakeBitstream, CompilesLinksAndWritesTheManifest) {
  install_platform("xilinx_u50_gen3x16_xdma_5_202210_1");
  install_compiler(
      "echo made >\"$out\"\n"
      "[[ $out == *.xclbin ]] && printf 'Name: DATA_CLK\\nFrequency: 300 MHz\\n' >\"$out.info\"\nexit 0");
  const Outcome outcome = run("--board u50 --kernel cell_label_cell_shape_512_v3:2");
  EXPECT_EQ(outcome.code, 0) << outcome.text;
  const std::string calls = text_of(folder_ / "calls");
  EXPECT_EQ(std::count(calls.begin(), calls.end(), '\n'), 2);
  EXPECT_THAT(calls, HasSubstr("--compile --kernel cell_label_cell_shape_512_v3"));
  EXPECT_THAT(calls, HasSubstr("kernels_hls/cell_label/cell_label_cell_shape_512_v3.cpp\n"));
  EXPECT_THAT(text_of(folder_ / "out/u50/connectivity.cfg"), HasSubstr("nk=cell_label_cell_shape_512_v3:2:"));
  const auto manifest = flashcell::test::parse_json(text_of(folder_ / "out/u50/flashcell_u50_v3.xclbin.json"));
  EXPECT_EQ(manifest["tool_version"], "v2022.1");
  EXPECT_EQ(manifest["clocks_mhz"]["DATA_CLK"], 300);
  EXPECT_TRUE(manifest["resources_used"].is_null());

  // Nothing changed: nothing is built again.
  EXPECT_EQ(run("--board u50 --kernel cell_label_cell_shape_512_v3:2").code, 0);
  EXPECT_EQ(text_of(folder_ / "calls"), calls);

  // One unit less: the kernel stays, the link is done again.
  EXPECT_EQ(run("--board u50 --kernel cell_label_cell_shape_512_v3").code, 0);
  const std::string more = text_of(folder_ / "calls").substr(calls.size());
  EXPECT_EQ(std::count(more.begin(), more.end(), '\n'), 1);
  EXPECT_THAT(more, HasSubstr("--link"));
}

/// Folder and file of the KV260's platform have different names; v++ is given the file.
TEST_F(MakeBitstream, FindsThePlatformsFileWhateverItsName) {
  install_platform("xilinx_kv260_ispMipiRx_vcu_DP_202220_1", "kv260_ispMipiRx_vcu_DP");
  install_compiler("echo made >\"$out\"");
  const Outcome outcome = run("--board kv260");
  EXPECT_EQ(outcome.code, 0) << outcome.text;
  EXPECT_THAT(
      text_of(folder_ / "calls"),
      HasSubstr("--platform " +
                (folder_ / "platforms/xilinx_kv260_ispMipiRx_vcu_DP_202220_1/kv260_ispMipiRx_vcu_DP.xpfm").string()));
}

TEST_F(MakeBitstream, BuildsForHardwareEmulation) {
  install_platform("xilinx_u50_gen3x16_xdma_5_202210_1");
  install_compiler("echo made >\"$out\"");
  const fs::path utility = folder_ / "bin/emconfigutil";
  std::ofstream(utility) << "#!/bin/bash\n[[ $3 == --od ]] && echo '{}' >\"$4/emconfig.json\"\n";
  fs::permissions(utility, fs::perms::owner_all);
  const Outcome outcome = run("--board u50 --target hw_emu");
  EXPECT_EQ(outcome.code, 0) << outcome.text;
  EXPECT_TRUE(fs::exists(folder_ / "out/u50/hw_emu/emconfig.json"));
  const auto manifest = flashcell::test::parse_json(text_of(folder_ / "out/u50/hw_emu/flashcell_u50_v3.xclbin.json"));
  EXPECT_EQ(manifest["target"], "hw_emu");
  EXPECT_EQ(run("--board u50 --target sw_emu").code, 2);
}

TEST_F(MakeBitstream, AFailedStepNamesItsLog) {
  install_platform("xilinx_u200_gen3x16_xdma_2_202110_1");
  install_compiler("echo 'ERROR: no licence'; exit 3");
  const Outcome outcome = run("--board u200");
  EXPECT_EQ(outcome.code, 4);
  EXPECT_THAT(outcome.text, HasSubstr("failed with exit code 3"));
  EXPECT_THAT(outcome.text, HasSubstr(".xo.log says why"));
  EXPECT_THAT(text_of(folder_ / "out/u200/cell_label_cell_full_1024_v3.xo.log"), HasSubstr("no licence"));
}

TEST_F(MakeBitstream, DryRunNeedsNoTool) {
  const Outcome outcome = run("--board zcu104 --dry-run");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.text, HasSubstr("v++ --target hw --platform xilinx_zcu104_base_202220_1"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(MakeBitstream, WrongUsageIsExitCodeTwo) {
  EXPECT_EQ(run("--board u51").code, 2);
  EXPECT_EQ(run("--board u50 --kernel nothing").code, 2);
  EXPECT_EQ(run("").code, 2);
}

}  // namespace
