// Options as a command line has them.
#include "base/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace flashcell {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CommandLine, AnOptionsWordsAreThoseThatWereGiven) {
  Command command("Of a test.", "test");
  int bits = 8, unsaid = 8;
  bool quiet = false, loud = false;
  std::string output;
  std::vector<std::string> budgets;
  std::vector<float> mean;
  const Option bits_option = command.add_option("--bits", bits, "A number");
  const Option unsaid_option = command.add_option("--unsaid", unsaid, "A number");
  const Option quiet_option = command.add_flag("-q,--quiet", quiet, "A flag");
  const Option loud_option = command.add_flag("--loud", loud, "A flag");
  const Option output_option = command.add_option("-o,--output", output, "A text");
  const Option budget_option = command.add_option("--budget", budgets, "Texts").one_value_each();
  const Option mean_option = command.add_option("--mean", mean, "Numbers").delimiter(',');
  const char* const words[] = {"test",     "--bits", "8",        "-q",     "-o",     "a folder",
                               "--budget", "1MB",    "--budget", "2GBOPs", "--mean", "0.50,-2,3e1"};
  ASSERT_FALSE(command.parse(static_cast<int>(std::size(words)), words));
  // Also where it says what is the default.
  EXPECT_THAT(bits_option.words(), ElementsAre("--bits", "8"));
  EXPECT_THAT(unsaid_option.words(), IsEmpty());
  EXPECT_THAT(quiet_option.words(), ElementsAre("--quiet"));
  EXPECT_THAT(loud_option.words(), IsEmpty());
  EXPECT_THAT(output_option.words(), ElementsAre("--output", "a folder"));
  EXPECT_THAT(budget_option.words(), ElementsAre("--budget", "1MB", "--budget", "2GBOPs"));
  // Numbers are not written anew.
  EXPECT_THAT(mean_option.words(), ElementsAre("--mean", "0.50,-2,3e1"));
}

TEST(CommandLine, WhatIsNoNumberAboveZeroIsSaidShortly) {
  for (const char* wrong : {"x", "0", "-3", "inf", "nan"}) {
    Command command("Of a test.", "test");
    double minutes = 1;
    command.add_option("--minutes", minutes, "A number").positive();
    const char* const words[] = {"test", "--minutes", wrong};
    const std::optional<Command::Answer> answer = command.parse(3, words);
    ASSERT_TRUE(answer) << wrong;
    EXPECT_THAT(answer->error, testing::StartsWith(std::string("--minutes: ") + wrong + " is not a number above 0\n"));
  }
  Command command("Of a test.", "test");
  double minutes = 1;
  command.add_option("--minutes", minutes, "A number").positive();
  const char* const words[] = {"test", "--minutes", "0.5"};
  EXPECT_FALSE(command.parse(3, words));
  EXPECT_EQ(minutes, 0.5);
}

}  // namespace
}  // namespace flashcell
