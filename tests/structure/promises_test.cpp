// README promises nothing without a test: those that it names exist.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "tests/support/folders.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// "Suite" and "Suite.Name" of every test of the suite.
std::set<std::string> tests_of_the_tree() {
  static const std::regex test(R"(\nTEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\))");
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(test::source_dir() / "tests")) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string text = content(entry.path());
    for (std::sregex_iterator match(text.begin(), text.end(), test), end; match != end; ++match) {
      names.insert((*match)[1].str());
      names.insert((*match)[1].str() + "." + (*match)[2].str());
    }
  }
  return names;
}

TEST(Structure, EveryPromiseNamesTestsThatExist) {
  const std::set<std::string> tests = tests_of_the_tree();
  const std::string readme = content(test::source_dir() / "README.md");
  const size_t begin = readme.find("## What is promised"), end = readme.find("\n## ", begin + 1);
  ASSERT_NE(begin, std::string::npos);
  static const std::regex row(R"(\n\| ([^|]+) \| ([^|]+) \|)"), name(R"(`(\w+(\.\w+)?)`)");
  const std::string section = readme.substr(begin, end - begin);
  int promises = 0;
  for (std::sregex_iterator match(section.begin(), section.end(), row), last; match != last; ++match) {
    const std::string promise = (*match)[1].str(), backing = (*match)[2].str();
    if (promise == "promise") continue;
    ++promises;
    int named = 0;
    for (std::sregex_iterator t(backing.begin(), backing.end(), name), none; t != none; ++t, ++named)
      EXPECT_TRUE(tests.contains((*t)[1].str())) << promise << ": there is no test " << (*t)[1].str();
    EXPECT_GT(named, 0) << promise << ": no test is named";
  }
  EXPECT_GE(promises, 10);
}

}  // namespace
}  // namespace flashcell
