// A type of one namespace is defined in one file. Two of one name in two files are one to the linker, which takes the
// functions of either for both: the program then reads one as if it were the other.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/folders.hpp"

namespace flashcell {
namespace {

namespace fs = std::filesystem;

/// Words and single signs of C++ text, without comments, literals and preprocessor lines.
std::vector<std::string> tokens_of(const std::string& text) {
  std::vector<std::string> tokens;
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  bool line_begins = true;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\n' || std::isspace(static_cast<unsigned char>(c)) != 0) {
      line_begins |= c == '\n';
      ++i;
    } else if (c == '#' && line_begins) {
      for (; i < text.size() && text[i] != '\n'; ++i) i += text[i] == '\\' ? 1 : 0;
    } else if (text.compare(i, 2, "//") == 0) {
      i = std::min(text.find('\n', i), text.size());
    } else if (text.compare(i, 2, "/*") == 0) {
      i = std::min(text.find("*/", i), text.size() - 2) + 2;
    } else if (text.compare(i, 2, "R\"") == 0) {
      const size_t open = text.find('(', i);
      const std::string close = ")" + text.substr(i + 2, open - i - 2) + "\"";
      i = std::min(text.find(close, open), text.size() - close.size()) + close.size();
      line_begins = false;
    } else if (c == '"' || c == '\'') {
      for (++i; i < text.size() && text[i] != c; ++i) i += text[i] == '\\' ? 1 : 0;
      ++i;
      line_begins = false;
    } else if (is_word(c)) {
      const size_t begin = i;
      // 1'000 is one word.
      while (i < text.size() && (is_word(text[i]) || (text[i] == '\'' && std::isdigit(static_cast<unsigned char>(c)))))
        ++i;
      tokens.push_back(text.substr(begin, i - begin));
      line_begins = false;
    } else {
      tokens.emplace_back(1, c);
      ++i;
      line_begins = false;
    }
  }
  return tokens;
}

bool is_name(const std::string& token) {
  return !token.empty() && (std::isalpha(static_cast<unsigned char>(token[0])) != 0 || token[0] == '_');
}

/// Full names of the types that the text defines in named namespaces; not those inside of types, functions or nameless
/// namespaces, and no specializations.
std::set<std::string> types_of(const std::string& text) {
  const std::vector<std::string> tokens = tokens_of(text);
  std::set<std::string> types;
  std::vector<std::string> scopes;  // of every open brace: "a::b::", or "-" where no type counts
  std::string opens = "-";          // what the next brace opens
  const auto at = [&](size_t i) { return i < tokens.size() ? tokens[i] : std::string(); };
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::string& token = tokens[i];
    const bool counts = scopes.empty() || scopes.back() != "-";
    if (token == "{") {
      scopes.push_back(opens);
      opens = "-";
    } else if (token == "}") {
      if (!scopes.empty()) scopes.pop_back();
    } else if (token == "extern" && at(i + 1) == "{") {
      opens = scopes.empty() ? "" : scopes.back();  // extern "C": its literal is gone
    } else if (token == "namespace" && counts) {
      std::string name;
      size_t k = i + 1;
      for (; is_name(at(k)) || at(k) == ":"; ++k) name += at(k);
      if (at(k) == "{" && !name.empty()) opens = (scopes.empty() ? "" : scopes.back()) + name + "::";
      i = k - 1;
    } else if ((token == "struct" || token == "class" || token == "union" || token == "enum") && counts) {
      size_t k = i + 1;
      if (token == "enum" && (at(k) == "class" || at(k) == "struct")) ++k;
      const std::string name = at(k);
      // A definition goes on with its bases or its body, a specialization with <, a parameter of a template with else.
      if (at(k + 1) == "final") ++k;
      if (is_name(name) && (at(k + 1) == "{" || (at(k + 1) == ":" && at(k + 2) != ":"))) {
        while (at(k) != "{" && at(k) != ";" && k < tokens.size()) ++k;
        if (at(k) == "{") types.insert((scopes.empty() ? "" : scopes.back()) + name);
        i = k - 1;
      }
    }
  }
  return types;
}

TEST(Structure, TypesOfATextAreFound) {
  const std::string text = R"cpp(
#define X          \
      struct InMacro { \
        int a;         \
      };
    namespace a::b {
    struct One {
      struct Inner {};
      int n = 1'000;
    };  // struct Comment {};
    class Two final : public One {};
    enum class Three : uint8_t { x };
    template <class T>
    struct Four {};
    template <>
    struct Four<int> {};
    struct Declared;
    const char* s = "struct Literal {";
    void f() {
      struct Local {};
    }
    namespace {
    struct Hidden {};
    }  // namespace
    }  // namespace a::b
    struct Outside {};
  )cpp";
  EXPECT_EQ(types_of(text), (std::set<std::string>{"a::b::One", "a::b::Two", "a::b::Three", "a::b::Four", "Outside"}));
}

/// Files that define a type, by its full name.
std::map<std::string, std::set<std::string>> files_of_types() {
  const std::vector<std::string> rooms{"base",     "bitstreams",   "host",    "kernels_hls",
                                       "pipeline", "quant_models", "tracking"};
  std::map<std::string, std::set<std::string>> files;
  for (const std::string& room : rooms) {
    for (const auto& entry : fs::recursive_directory_iterator(test::source_dir() / room)) {
      const std::string extension = entry.path().extension().string();
      if (!entry.is_regular_file() || (extension != ".hpp" && extension != ".cpp" && extension != ".h")) continue;
      std::ostringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      for (const std::string& type : types_of(text.str()))
        files[type].insert(fs::relative(entry.path(), test::source_dir()).string());
    }
  }
  return files;
}

TEST(Structure, ATypeIsDefinedInOneFile) {
  const auto files = files_of_types();
  EXPECT_GT(files.size(), 500U);
  for (const auto& [type, where] : files) {
    std::string list;
    for (const std::string& file : where) list += " " + file;
    EXPECT_EQ(where.size(), 1U) << type << " is defined in" << list
                                << ": give one of them another name, or put it into a nameless namespace";
  }
}

// Else what a header of the inner namespace means by the name depends on which headers stand before it, and sources
// that are compiled together see more of them.
TEST(Structure, NoTypeHidesOneOfTheNamespaceAround) {
  const auto files = files_of_types();
  for (const auto& [type, where] : files) {
    const size_t end = type.rfind("::");
    if (end == std::string::npos) continue;
    const std::string name = type.substr(end);
    std::string around = type.substr(0, end);
    for (size_t cut = around.rfind("::"); cut != std::string::npos; cut = around.rfind("::")) {
      around.resize(cut);
      const auto outer = files.find(around + name);
      if (outer == files.end()) continue;
      ADD_FAILURE() << type << " in " << *where.begin() << " hides " << outer->first << " in " << *outer->second.begin()
                    << ": give one of them another name";
    }
  }
}

}  // namespace
}  // namespace flashcell
