#include "host/xclbin/xml_tags.hpp"

#include <algorithm>

namespace flashcell::host {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

void skip_space(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
}

std::string_view take_name(std::string_view& text) {
  const std::string_view name = text.substr(0, text.find_first_of(" \t\r\n=/>"));
  text.remove_prefix(name.size());
  return name;
}

/// Where the tag that `text` starts with ends: its '>' outside quotes; npos when there is none.
size_t tag_end(std::string_view text) {
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return i;
    }
  }
  return std::string_view::npos;
}

/// name="value" or name='value'; nothing when `text` starts with something else.
std::optional<XmlTag::Attribute> take_attribute(std::string_view& text) {
  XmlTag::Attribute attribute;
  attribute.name = take_name(text);
  skip_space(text);
  if (attribute.name.empty() || text.empty() || text[0] != '=') return {};
  text.remove_prefix(1);
  skip_space(text);
  if (text.empty() || (text[0] != '"' && text[0] != '\'')) return {};
  const size_t end = text.find(text[0], 1);
  if (end == std::string_view::npos) return {};
  attribute.value = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return attribute;
}

XmlTag parse_tag(std::string_view inside) {
  XmlTag tag;
  if (!inside.empty() && inside.front() == '/') {
    tag.opens = false;
    tag.closes = true;
    inside.remove_prefix(1);
  } else if (!inside.empty() && inside.back() == '/') {
    tag.closes = true;
    inside.remove_suffix(1);
  }
  tag.name = take_name(inside);
  for (skip_space(inside); !inside.empty(); skip_space(inside)) {
    const auto attribute = take_attribute(inside);
    if (!attribute) break;
    tag.attributes.push_back(*attribute);
  }
  return tag;
}

}  // namespace

std::optional<XmlTag> XmlTags::next() {
  for (;;) {
    const size_t start = rest_.find('<');
    if (start == std::string_view::npos) return {};
    rest_.remove_prefix(start + 1);
    if (rest_.starts_with("!--")) {
      const size_t end = rest_.find("-->", 3);
      if (end == std::string_view::npos) return {};
      rest_.remove_prefix(end + 3);
      continue;
    }
    const size_t end = tag_end(rest_);
    if (end == std::string_view::npos) return {};
    const std::string_view inside = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    if (inside.starts_with('?') || inside.starts_with('!')) continue;
    return parse_tag(inside);
  }
}

}  // namespace flashcell::host
