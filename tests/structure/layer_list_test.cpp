// A new kind of layer is one file and one line: what walks the list of kinds names none of them.
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

std::string whole_text(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// The kinds in quant_models/layers/layer.hpp, but for inputs and constants: those are what a graph is given.
std::set<std::string> kinds_of_layers() {
  static const std::regex list(R"(using Layer =\s+LayerOf<([^;]*)>;)"), name(R"(\w+)");
  const std::string text = whole_text(test::source_dir() / "quant_models/layers/layer.hpp");
  std::set<std::string> kinds;
  std::smatch found;
  if (!std::regex_search(text, found, list)) return kinds;
  const std::string names = found[1].str();
  for (std::sregex_iterator match(names.begin(), names.end(), name), end; match != end; ++match)
    kinds.insert(match->str());
  kinds.erase("Input");
  kinds.erase("Constant");
  return kinds;
}

// The code without comments and texts, which may speak of layers.
std::string code_of(const fs::path& path) {
  static const std::regex silent(R"re(//[^\n]*|"(\\.|[^"\\\n])*")re");
  return std::regex_replace(whole_text(path), silent, " ");
}

bool is_cpp_source(const fs::path& path) {
  return path.extension() == ".cpp" || path.extension() == ".hpp";
}

TEST(Structure, WhatWalksTheListOfLayersNamesNone) {
  const std::set<std::string> kinds = kinds_of_layers();
  ASSERT_GE(kinds.size(), 15U);
  static const std::regex word(R"(\w+)");
  size_t words = 0;
  for (const char* room : {"onnx", "packed", "export", "execute", "report", "train"}) {
    for (const auto& entry : fs::directory_iterator(test::source_dir() / "quant_models" / room)) {
      if (!is_cpp_source(entry.path())) continue;
      const std::string code = code_of(entry.path());
      for (std::sregex_iterator match(code.begin(), code.end(), word), end; match != end; ++match, ++words)
        EXPECT_FALSE(kinds.contains(match->str())) << entry.path() << " names the layer " << match->str();
    }
  }
  EXPECT_GT(words, 10000U);
}

// Each kind is written once.
TEST(Structure, EveryKindOfLayerHasItsFile) {
  const fs::path folder = test::source_dir() / "quant_models/layers";
  for (const std::string& kind : kinds_of_layers()) {
    size_t definitions = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() != ".hpp") continue;
      definitions += std::regex_search(code_of(entry.path()), std::regex("\\nstruct " + kind + " \\{"));
    }
    EXPECT_EQ(definitions, 1U) << kind;
  }
}

}  // namespace
}  // namespace flashcell
