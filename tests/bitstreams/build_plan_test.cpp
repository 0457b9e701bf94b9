#include "bitstreams/build_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/folders.hpp"

namespace flashcell::bitstreams {
namespace {

using testing::HasSubstr;

std::set<std::string> matches(const std::string& text, const std::string& pattern) {
  std::set<std::string> found;
  const std::regex expression(pattern);
  for (std::sregex_iterator i(text.begin(), text.end(), expression), end; i != end; ++i) found.insert((*i)[1]);
  return found;
}

TEST(BuildPlan, TiesEveryPortOfEveryUnitToABankOfItsOwnOnHbm) {
  const std::string text = connectivity_text(find_board("u50"), {parse_kernel_count("cell_label_cell_shape_512_v3:3")});
  EXPECT_THAT(text, HasSubstr("[connectivity]\n"
                              "nk=cell_label_cell_shape_512_v3:3:cell_label_cell_shape_512_v3_1,"
                              "cell_label_cell_shape_512_v3_2,cell_label_cell_shape_512_v3_3\n"));
  EXPECT_EQ(matches(text, "sp=\\S+:(HBM\\[\\d+\\])").size(), 12u);
  EXPECT_EQ(matches(text, "sp=(\\S+):").size(), 12u);
  EXPECT_EQ(matches(text, "slr=\\S+:(SLR\\d)"), std::set<std::string>{"SLR0"});
}

TEST(BuildPlan, SpreadsUnitsOverRegionsWithTheMemoryBesideThem) {
  const std::string text =
      connectivity_text(find_board("u200"), {parse_kernel_count("cell_label_exact_full_512_v3:3")});
  EXPECT_THAT(text, HasSubstr("sp=cell_label_exact_full_512_v3_1.frames:DDR[0]\n"));
  EXPECT_THAT(text, HasSubstr("slr=cell_label_exact_full_512_v3_2:SLR1\n"));
  EXPECT_THAT(text, HasSubstr("sp=cell_label_exact_full_512_v3_3.results:DDR[3]\n"));
}

TEST(BuildPlan, LeavesThePortsOfAnEmbeddedBoardToItsPlatform) {
  for (const char* board : {"zcu104", "kv260"}) {
    const std::string text = connectivity_text(find_board(board), default_kernels(find_board(board)));
    EXPECT_THAT(text, HasSubstr("nk=cell_label_cell_shape_512_v3:1:"));
    EXPECT_THAT(text, testing::Not(HasSubstr("sp=")));
  }
}

TEST(BuildPlan, SaysWhatIsWrong) {
  EXPECT_THROW(find_board("u51"), std::invalid_argument);
  EXPECT_THROW(parse_kernel_count("cell_label"), std::invalid_argument);
  for (const char* count : {"0", "-1", "16", "x", ""}) {
    EXPECT_THROW(parse_kernel_count(std::string("cell_label_cell_shape_512_v3:") + count), std::invalid_argument);
  }
  try {
    connectivity_text(find_board("u280"), {parse_kernel_count("cell_label_cell_shape_512_v3:9")});
    FAIL() << "nine units fit into 32 banks";
  } catch (const std::invalid_argument& e) {
    EXPECT_THAT(e.what(), HasSubstr("at most 8"));
  }
}

BuildRequest request_for(const contract::Board& board) {
  BuildRequest request;
  request.board = &board;
  request.kernels = default_kernels(board);
  request.source = "/src";
  request.output = "/out";
  return request;
}

TEST(BuildPlan, EveryBoardCompilesEachKernelOnceAndLinksThemAll) {
  for (const contract::Board& board : contract::kBoards) {
    const BuildPlan plan = plan_build(request_for(board));
    ASSERT_EQ(plan.steps.size(), 3u);
    std::string objects;
    for (const Step& step : {plan.steps[0], plan.steps[1]}) {
      EXPECT_THAT(command_line(step),
                  HasSubstr(std::string("v++ --target hw --platform ") + board.platform_file + " "));
      EXPECT_THAT(command_line(step), HasSubstr("--compile --kernel cell_label_"));
      objects += " " + step.output.string();
    }
    const std::string link = command_line(plan.steps[2]);
    EXPECT_THAT(link, HasSubstr("--link --config /out/" + std::string(board.name) + "/connectivity.cfg --output " +
                                plan.bitstream.string() + objects));
    EXPECT_EQ(plan.bitstream.filename(), std::string("flashcell_") + board.name + "_v3.xclbin");
  }
}

/// `--kernel_frequency` is for clocks that XRT scales; the embedded platforms' are fixed.
TEST(BuildPlan, TheClockIsSaidInTheWayThatTheBoardsPlatformUnderstands) {
  for (const contract::Board& board : contract::kBoards) {
    BuildRequest request = request_for(board);
    request.clock_mhz = 187.5;
    const BuildPlan plan = plan_build(request);
    const std::string compile = command_line(plan.steps[0]), link = command_line(plan.steps[2]);
    if (board.family == contract::BoardFamily::pcie) {
      for (const std::string& line : {compile, link}) {
        EXPECT_THAT(line, HasSubstr(" --kernel_frequency 187.5 "));
        EXPECT_THAT(line, testing::Not(HasSubstr("clock.")));
      }
    } else {
      EXPECT_THAT(compile, HasSubstr(" --hls.clock 187500000:cell_label_cell_shape_512_v3 "));
      EXPECT_THAT(link, HasSubstr(" --clock.defaultFreqHz 187500000 "));
      EXPECT_THAT(compile + link, testing::Not(HasSubstr("kernel_frequency")));
    }
  }
}

TEST(BuildPlan, HardwareEmulationIsATargetBesideTheBoard) {
  for (const contract::Board& board : contract::kBoards) {
    BuildRequest request = request_for(board);
    const std::string bitstream = plan_build(request).bitstream.string();
    request.target = Target::hw_emu;
    request.tool = "/tools/bin/v++";
    const BuildPlan plan = plan_build(request);
    EXPECT_NE(plan.bitstream.string(), bitstream) << "both may lie there";
    for (size_t i = 0; i < 3; ++i)
      EXPECT_THAT(command_line(plan.steps[i]), HasSubstr("/tools/bin/v++ --target hw_emu --platform "));
    // XRT wants the emulated card described; an embedded board's emulation is a machine of its own.
    ASSERT_EQ(plan.steps.size(), board.family == contract::BoardFamily::pcie ? 4u : 3u);
    if (board.family != contract::BoardFamily::pcie) continue;
    EXPECT_EQ(command_line(plan.steps[3]), std::string("/tools/bin/emconfigutil --platform ") + board.platform_file +
                                               " --od /out/" + board.name + "/hw_emu");
    EXPECT_EQ(plan.steps[3].output, plan.folder / "emconfig.json");
  }
}

/// CMake cannot read the contract: its list of targets is held to it here.
TEST(BuildPlan, EveryBoardHasATarget) {
  std::ifstream file(test::source_dir() / "bitstreams/CMakeLists.txt");
  std::stringstream text;
  text << file.rdbuf();
  std::set<std::string> targets, boards;
  std::istringstream names(*matches(text.str(), "foreach\\(board ([^)]*)\\)").begin());
  for (std::string name; names >> name;) targets.insert(name);
  for (const contract::Board& board : contract::kBoards) boards.insert(board.name);
  EXPECT_EQ(targets, boards);
}

TEST(BuildPlan, QuotesWhatAShellWouldSplit) {
  EXPECT_EQ(command_line({"", {"v++", "-I/a b", "$x"}, ""}), "v++ '-I/a b' '$x'");
}

}  // namespace
}  // namespace flashcell::bitstreams
