// `flashcell manycore` as a user types it: the same results whatever the machine, and one line for what is wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/html_page.hpp"
#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

constexpr const char* kNetwork = "random:90x2,60?sparsity=0.8&seed=2";

class ManycoreCli : public test::ProgramTest {
 protected:
  test::Outcome emulate(std::vector<std::string> more, const std::string& folder,
                        const std::string& network = kNetwork) {
    std::vector<std::string> words{"manycore", "run", network, "--input", "random:5", "-o", path(folder)};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(path(name), std::ios::binary) << text; }
  /// Whether it was refused with this exit code and one line that has these words.
  void expect_refused(const test::Outcome& outcome, int code, const std::string& words) {
    EXPECT_EQ(outcome.code, code) << outcome.err;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
};

TEST_F(ManycoreCli, SameResultsOnEveryMachine) {
  const test::Outcome one = emulate({"--elements", "4", "--no-predictions"}, "one");
  ASSERT_EQ(one.code, 0) << one.err;
  const std::string outputs = test::read_file(path("one/outputs.npy"));
  EXPECT_EQ(outputs.substr(1, 5), "NUMPY");
  EXPECT_NE(one.out.find("bound by"), std::string::npos);
  const std::vector<std::vector<std::string>> machines{
      {"--elements", "150", "--schedule", "event"},
      {"--elements", "70", "--balance", "neurons", "--spread", "layers"},
      {"--elements", "300", "--chips", "2", "--level", "0.8V"}};
  for (size_t i = 0; i < machines.size(); ++i) {
    std::vector<std::string> words = machines[i];
    words.emplace_back("--no-predictions");
    const std::string folder = "other" + std::to_string(i);
    EXPECT_EQ(emulate(words, folder).code, 0);
    EXPECT_EQ(test::read_file(path(folder + "/outputs.npy")), outputs);
  }
}

TEST_F(ManycoreCli, SweepPageAndJson) {
  const test::Outcome outcome = emulate({"--elements", "2..152", "--threads", "2"}, "out");
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  test::expect_own_page(test::read_file(path("out/report.html")));
  const auto json = test::parse_json(test::read_file(path("out/manycore.json")));
  EXPECT_EQ(json["machine"]["elements"], 152);
  ASSERT_EQ(json["sweeps"].size(), 4U);
  EXPECT_EQ(json["sweeps"][0]["lines"].size(), 2U);
  const std::string page = test::read_file(path("out/report.html"));
  ASSERT_EQ(emulate({"--elements", "2..152", "--threads", "1"}, "out").code, 0);
  // The command stands on the page.
  EXPECT_EQ(test::without(test::read_file(path("out/report.html")), "--threads ", "<"),
            test::without(page, "--threads ", "<"));
}

TEST_F(ManycoreCli, SaysWhatIsWrongInOneLine) {
  expect_refused(emulate({"--elements", "153"}, "out"), 2, "1..152");
  expect_refused(emulate({"--elements", "9..3"}, "out"), 2, "N..M");
  expect_refused(emulate({"--elements", "3"}, "out", "random:900,900?sparsity=0.9"), 4, "elements would do");
  expect_refused(emulate({"--level", "2V"}, "out"), 2, "0.5V, 0.8V");
  expect_refused(emulate({}, "out", "random:10?sparsity=3"), 2, "sparsity");
  expect_refused(emulate({}, "out", path("absent.npz")), 3, "absent.npz");
  expect_refused(emulate({"--chip", "loihi"}, "out"), 2, "spinnaker2");
  const test::Outcome preset = run({"manycore", "chip"});
  ASSERT_EQ(preset.code, 0);
  const size_t at = preset.out.find("hop_clocks");
  write("mine.toml", preset.out.substr(0, at) + preset.out.substr(preset.out.find('\n', at) + 1));
  expect_refused(emulate({"--chip", path("mine.toml")}, "out"), 2, "mesh.hop_clocks is missing");
  write("whole.toml", preset.out);
  EXPECT_EQ(emulate({"--chip", path("whole.toml"), "--no-predictions"}, "out").code, 0);
}

}  // namespace
}  // namespace flashcell
