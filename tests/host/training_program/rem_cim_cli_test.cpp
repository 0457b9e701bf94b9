// `flashcell experiment rem-cim` as a user starts it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/html_page.hpp"
#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;

using RemCimCli = test::ProgramTest;

// As docs/examples has it, "Driving by day and by night".
TEST_F(RemCimCli, LearnsByDrivesThatWereWritten) {
  ASSERT_EQ(run({"synth", "driving", "--scenes", "10", "--frames", "1", "--size", "96x64", "-o", path("drives")}).code,
            0);
  const Outcome outcome = run({"experiment", "rem-cim", "--drives", path("drives"), "--minutes", "0.0001", "--size",
                               "64x32", "--width", "1", "--chips", "1", "--times", "1s", "-o", path("out")});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");  // quiet in a pipe
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("REM-CiM"), HasSubstr("expected order"), HasSubstr("report.html")));
  const auto json = test::parse_json(test::read_file(path("out/report.json")));
  EXPECT_EQ(json.at("systems").size(), 6U);
  EXPECT_EQ(json.at("train"), 8);
  EXPECT_EQ(json.at("test"), 2);
  EXPECT_EQ(json.at("classes"), (std::vector<std::string>{"person", "bicycle", "car"}));
  EXPECT_THAT(json.at("command").get<std::string>(), HasSubstr("--size 64x32"));
  EXPECT_NEAR(json.at("papers_size").at(0).at("cells").get<double>(), 131e6, 1e6);
  test::expect_own_page(test::read_file(path("out/report.html")));
  // The networks run on the scenes that were written with them.
  const Outcome seen = run({"model", "run", path("out/mea-fpn.onnx"), path("out/test.npz"), "-o", path("boxes.npz")});
  EXPECT_EQ(seen.code, 0) << seen.err;
  const Outcome none = run({"experiment", "rem-cim", "--drives", path("out"), "-o", path("again")});
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("boxes.json"));
}

TEST_F(RemCimCli, RefusesWhatCannotBe) {
  const Outcome outcome = run({"experiment", "rem-cim", "--size", "100x96", "-o", path("out")});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_EQ(outcome.err.find("flashcell experiment rem-cim: --size 100x96: must be"), 0U) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
}

}  // namespace
}  // namespace flashcell
