#pragma once
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace flashcell {

/// name="value" of an SVG element. Numbers are written with up to six significant digits.
struct SvgAttribute {
  SvgAttribute(const char* attribute, std::string_view text) : name(attribute), value(text) {}
  template <class Number>
  requires std::is_arithmetic_v<Number> SvgAttribute(const char* attribute, Number number)
      : SvgAttribute(attribute, std::string_view(digits(static_cast<double>(number)))) {}

  static std::string digits(double number);

  const char* name;
  std::string value;
};
using SvgAttributes = std::vector<SvgAttribute>;

// The way in which our drawings are written. Names are ours; values and words may come from outside, and are escaped
// (base/text.hpp).

/// `<tag name="value"/>`
std::string svg_element(std::string_view tag, const SvgAttributes& attributes);
/// `<tag name="value">content</tag>`; `content` is markup already.
std::string svg_element(std::string_view tag, const SvgAttributes& attributes, std::string_view content);
/// The same around words.
std::string svg_words(std::string_view tag, const SvgAttributes& attributes, std::string_view words);

/// A file's whole text: an element `svg` of its own with these attributes around `content`.
std::string svg_file(const SvgAttributes& attributes, std::string_view content);

}  // namespace flashcell
