#include "base/svg.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace flashcell {
namespace {

std::string opened(std::string_view tag, const SvgAttributes& attributes) {
  std::string text = fmt::format("<{}", tag);
  for (const SvgAttribute& attribute : attributes)
    text += fmt::format(" {}=\"{}\"", attribute.name, markup_escape(attribute.value));
  return text;
}

}  // namespace

std::string SvgAttribute::digits(double number) {
  return fmt::format("{:g}", number);
}

std::string svg_element(std::string_view tag, const SvgAttributes& attributes) {
  return opened(tag, attributes) + "/>";
}

std::string svg_element(std::string_view tag, const SvgAttributes& attributes, std::string_view content) {
  return fmt::format("{}>{}</{}>", opened(tag, attributes), content, tag);
}

std::string svg_words(std::string_view tag, const SvgAttributes& attributes, std::string_view words) {
  return svg_element(tag, attributes, markup_escape(words));
}

std::string svg_file(const SvgAttributes& attributes, std::string_view content) {
  SvgAttributes all{{"xmlns", "http://www.w3.org/2000/svg"}};
  all.insert(all.end(), attributes.begin(), attributes.end());
  return svg_element("svg", all, fmt::format("\n{}", content)) + "\n";
}

}  // namespace flashcell
