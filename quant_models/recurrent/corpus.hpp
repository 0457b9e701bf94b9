#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace flashcell::quant {

/// Words and their numbers.
class Vocabulary {
 public:
  static constexpr const char *kEnd = "<eos>", *kUnknown = "<unk>";

  explicit Vocabulary(std::vector<std::string> words);

  const std::vector<std::string>& words() const { return words_; }
  /// The word's number; kUnknown's where it is not there; -1 where that is not there either.
  int32_t number(std::string_view word) const;
  bool contains(std::string_view word) const { return numbers_.contains(std::string(word)); }

 private:
  std::vector<std::string> words_;
  std::unordered_map<std::string, int32_t> numbers_;
  int32_t unknown_ = -1;
};

/// Words of a text: what blanks separate, and kEnd behind each line that has any (as the Penn Treebank and WikiText are
/// told off in publications).
std::vector<std::string_view> words_of(std::string_view text);

/// The training text's words, the commonest first, of equal ones the first seen; at most `most`, kUnknown among them
/// where some are left out. Throws ModelError, with `name`, where the text has no words.
Vocabulary make_vocabulary(std::string_view text, size_t most, const std::string& name);

/// Numbers of a text's words. Throws ModelError, with `name`, where more than half of them are not in the vocabulary:
/// another alphabet or language.
std::vector<int32_t> tokens_of(std::string_view text, const Vocabulary& vocabulary, const std::string& name);

/// Three texts. Of a .zip archive, .tar(.gz) or folder: the files whose names hold `train`, `valid` and `test`, ending
/// in .txt or .tokens; `test` may be absent. Of one text file: its first 90 %, next 5 % and last 5 % of lines.
struct Texts {
  std::string train, valid, test;
  std::string name;
};
Texts read_texts(const std::string& path);

}  // namespace flashcell::quant
