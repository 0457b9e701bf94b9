#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "quant_models/model_error.hpp"
#include "quant_models/search/search_space.hpp"

namespace flashcell::quant {
namespace {

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
  throw ModelError(fmt::format("choices of bits '{}': {}; write them as w:2,4,8;a:4,8", text, why));
}

std::vector<int> parse_bits(const std::string& text, std::string_view list) {
  std::vector<int> bits;
  while (true) {
    const std::string_view word = list.substr(0, list.find(','));
    int number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc{} || end != word.data() + word.size())
      refuse(text, fmt::format("'{}' is no number of bits", word));
    if (number < kFewestBits || number > kMaxBits)
      refuse(text, fmt::format("{} bits is not between {} and {}", number, kFewestBits, kMaxBits));
    bits.push_back(number);
    if (word.size() == list.size()) break;
    list.remove_prefix(word.size() + 1);
  }
  std::sort(bits.begin(), bits.end());
  if (std::adjacent_find(bits.begin(), bits.end()) != bits.end()) refuse(text, "it names the same bits twice");
  return bits;
}

}  // namespace

BitChoices parse_bit_choices(const std::string& text) {
  BitChoices choices;
  bool weights = false, values = false;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    bool& seen = part.starts_with("w:") ? weights : values;
    if (!part.starts_with("w:") && !part.starts_with("a:"))
      refuse(text, fmt::format("'{}' begins with neither w: nor a:", part));
    if (seen) refuse(text, "it has two lists for the same");
    seen = true;
    (part.starts_with("w:") ? choices.weights : choices.values) = parse_bits(text, part.substr(2));
  }
  if (!weights && !values) refuse(text, "it is empty");
  return choices;
}

}  // namespace flashcell::quant
