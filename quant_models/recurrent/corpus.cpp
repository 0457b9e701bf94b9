#include "quant_models/recurrent/corpus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/file_set.hpp"
#include "quant_models/data/zip_archive.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBlanks = " \t\r\f\v";

std::string text_of(const std::vector<uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

// Whether a file's own name is of the part, and of none of what archivers add.
bool is_part(const std::string& path, std::string_view part) {
  const std::string name = fs::path(path).filename().string();
  if (name.starts_with(".") || path.find("__MACOSX") != std::string::npos) return false;
  return name.find(part) != std::string::npos && (name.ends_with(".txt") || name.ends_with(".tokens"));
}

template <class Read>
Texts parts_of(const std::vector<std::string>& names, const std::string& path, Read read) {
  Texts texts;
  texts.name = path;
  const std::pair<std::string_view, std::string*> parts[] = {
      {"train", &texts.train}, {"valid", &texts.valid}, {"test", &texts.test}};
  for (const auto& [part, text] : parts) {
    const auto found =
        std::find_if(names.begin(), names.end(), [&, &part = part](const auto& name) { return is_part(name, part); });
    if (found != names.end())
      *text = read(*found);
    else if (part != "test")
      throw ModelError(fmt::format("{}: has no text file whose name holds '{}'", path, part));
  }
  return texts;
}

Texts cut(const std::string& text, const std::string& path) {
  const auto line_end = [&](double share) {
    const size_t at = text.find('\n', static_cast<size_t>(share * static_cast<double>(text.size())));
    return at == std::string::npos ? text.size() : at + 1;
  };
  const size_t first = line_end(0.9), second = line_end(0.95);
  return {text.substr(0, first), text.substr(first, second - first), text.substr(second), path};
}

}  // namespace

Vocabulary::Vocabulary(std::vector<std::string> words) : words_(std::move(words)) {
  for (size_t i = 0; i < words_.size(); ++i) numbers_.emplace(words_[i], static_cast<int32_t>(i));
  if (const auto found = numbers_.find(kUnknown); found != numbers_.end()) unknown_ = found->second;
}

int32_t Vocabulary::number(std::string_view word) const {
  const auto found = numbers_.find(std::string(word));
  return found == numbers_.end() ? unknown_ : found->second;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    bool any = false;
    for (std::string_view line = whole;;) {
      line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
      if (line.empty()) break;
      words.push_back(line.substr(0, line.find_first_of(kBlanks)));
      line.remove_prefix(words.back().size());
      any = true;
    }
    if (any) words.emplace_back(Vocabulary::kEnd);
  }
  return words;
}

Vocabulary make_vocabulary(std::string_view text, size_t most, const std::string& name) {
  struct Count {
    size_t times = 0, first = 0;
  };
  std::unordered_map<std::string_view, Count> counts;
  const std::vector<std::string_view> words = words_of(text);
  if (words.empty()) throw ModelError(name + ": its training text has no words: the vocabulary would be empty");
  for (size_t i = 0; i < words.size(); ++i) {
    Count& count = counts[words[i]];
    if (count.times++ == 0) count.first = i;
  }
  std::vector<std::pair<std::string_view, Count>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second.times != b.second.times ? a.second.times > b.second.times : a.second.first < b.second.first;
  });
  std::vector<std::string> all;
  for (const auto& [word, count] : sorted)
    if (all.size() < most) all.emplace_back(word);
  if (std::find(all.begin(), all.end(), Vocabulary::kUnknown) == all.end()) {
    if (all.size() == most) all.pop_back();
    all.emplace_back(Vocabulary::kUnknown);
  }
  return Vocabulary(std::move(all));
}

std::vector<int32_t> tokens_of(std::string_view text, const Vocabulary& vocabulary, const std::string& name) {
  std::vector<int32_t> tokens;
  size_t foreign = 0, words = 0;
  for (const std::string_view word : words_of(text)) {
    const int32_t number = vocabulary.number(word);
    foreign += vocabulary.contains(word) ? 0 : 1;
    words += word == Vocabulary::kEnd ? 0 : 1;
    if (number >= 0) tokens.push_back(number);
  }
  if (tokens.empty() || 2 * foreign > words)
    throw ModelError(fmt::format(
        "{}: {} of its words are not in the vocabulary: a text of another language or alphabet than trained on", name,
        tokens.empty() ? "all" : "most"));
  return tokens;
}

Texts read_texts(const std::string& path) {
  if (!fs::is_directory(path) && !path.ends_with(".tar") && !path.ends_with(".gz") && !path.ends_with(".tgz")) {
    const std::vector<uint8_t> bytes = read_file(path);
    if (bytes.size() < 2 || bytes[0] != 'P' || bytes[1] != 'K') return cut(text_of(bytes), path);
    const auto files = read_zip(bytes, path);
    std::vector<std::string> names;
    for (const auto& [name, content] : files) names.push_back(name);
    return parts_of(names, path, [&](const std::string& name) { return text_of(files.at(name)); });
  }
  const FileSet files(path);
  return parts_of(files.names(), path, [&](const std::string& name) { return text_of(files.read(name)); });
}

}  // namespace flashcell::quant
