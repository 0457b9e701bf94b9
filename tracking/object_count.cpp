#include "tracking/object_count.hpp"

#include <charconv>
#include <optional>
#include <stdexcept>

namespace flashcell::tracking {
namespace {

constexpr std::string_view kDots = "..";

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || value < 0 || value > ObjectCount::kMost) return {};
  return value;
}

}  // namespace

ObjectCount parse_object_count(std::string_view text) {
  if (text.empty()) return {};
  const size_t dots = text.find(kDots);
  const bool range = dots != std::string_view::npos;
  const std::optional<int> least = whole_number(text.substr(0, dots));
  const std::optional<int> most = range ? whole_number(text.substr(dots + kDots.size())) : least;
  std::string given = "\"";
  given.append(text).append("\" ");
  if (!least || !most) {
    throw std::invalid_argument(given + "is no number of objects: write 2, or 2..5 for two to five, at most " +
                                std::to_string(ObjectCount::kMost));
  }
  if (!range && *most == 0) {
    throw std::invalid_argument(
        given + "counts nothing: write 2, or 2..5 for two to five, 0..1 for one or none, or leave it out");
  }
  if (range && *most == 0) throw std::invalid_argument(given + "leaves no object: the second number is the most");
  if (*least > *most) {
    throw std::invalid_argument(given + "begins above its end: write " + std::to_string(*most) + std::string(kDots) +
                                std::to_string(*least));
  }
  return {*least, *most};
}

std::string to_text(const ObjectCount& count) {
  if (!count.known()) return "";
  if (count.least == count.most) return std::to_string(count.most);
  return std::to_string(count.least) + std::string(kDots) + std::to_string(count.most);
}

}  // namespace flashcell::tracking
