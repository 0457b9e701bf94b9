// Recurrent networks in the program as a user starts it: `train language`, `train sequences`, `generate`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/json.hpp"
#include "tests/support/program_test.hpp"

namespace flashcell {
namespace {

using test::Outcome;
using test::read_file;
using testing::HasSubstr;

class RecurrentProgram : public test::ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    std::ofstream text(path("text.txt"));
    for (int i = 0; i < 400; ++i) text << "one two three four five six seven eight\n";
  }

  Outcome train(const std::string& folder, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {
        "train", "language", "--data", path("text.txt"), "--minutes", "0.0001", "--embedding", "12", "--hidden",
        "16",    "--batch",  "8",      "--steps",        "8",         "-o",     path(folder)};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  void expect_one_line(const Outcome& outcome, const std::string& what) const {
    EXPECT_EQ(outcome.code, 3);
    EXPECT_THAT(outcome.err, HasSubstr(what));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
};

TEST_F(RecurrentProgram, TrainsALanguageModelThatWrites) {
  const Outcome trained = train("a");
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.out, HasSubstr("validation perplexity"));
  EXPECT_THAT(trained.out, HasSubstr("multiply-accumulates a word"));
  const auto metrics = test::parse_json(read_file(path("a/metrics.json")));
  EXPECT_EQ(metrics.at("activity").size(), 2U);
  EXPECT_LT(metrics.at("macs_a_token").get<double>(), metrics.at("dense_macs_a_token").get<double>());
  const Outcome json = train("b", {"--json", "--threads", "1"});
  EXPECT_EQ(test::parse_json(json.out), metrics);
  EXPECT_EQ(read_file(path("a/network.npz")), read_file(path("b/network.npz")));
  const Outcome text = run({"generate", path("a/network.npz"), "--words", "12", "--prompt", "one two", "--seed", "3"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_TRUE(text.out.starts_with("one two ")) << text.out;
  EXPECT_EQ(run({"generate", path("a/network.npz"), "--words", "12", "--prompt", "one two", "--seed", "3"}).out,
            text.out);
}

TEST_F(RecurrentProgram, SaysInOneLineWhatIsWrong) {
  std::ofstream(path("empty.txt")).put('\n');
  expect_one_line(run({"train", "language", "--data", path("empty.txt"), "-o", path("e")}),
                  "vocabulary would be empty");
  expect_one_line(run({"train", "language", "--data", path("none.zip"), "-o", path("e")}), "none.zip");
  ASSERT_EQ(train("a").code, 0);
  expect_one_line(train("a", {"--layers", "3"}), "belongs to another");
  expect_one_line(run({"generate", path("a/network.npz"), "--prompt", "ένα δύο"}), "another alphabet");
  expect_one_line(run({"generate", path("text.txt")}), "text.txt");
  expect_one_line(run({"train", "sequences", "--as", "tensors", "--data", path("a/network.npz"), "-o", path("s")}),
                  "has no train_values");
  EXPECT_EQ(run({"train"}).code, 2);
}

}  // namespace
}  // namespace flashcell
