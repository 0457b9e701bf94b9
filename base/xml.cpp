#include "base/xml.hpp"

#include <fmt/format.h>
#include <tinyxml2.h>

#include <algorithm>

namespace flashcell {

std::string read_xml(std::string_view text, tinyxml2::XMLDocument& document, int first_line, size_t most_bytes) {
  if (text.size() > most_bytes)
    return fmt::format("its XML has {} bytes, more than the {} that are read", text.size(), most_bytes);
  // The parser would stop at a zero and call what stands before it the whole.
  const size_t zero = std::min(text.find('\0'), text.size());
  if (zero < text.size() && text.find_first_not_of('\0', zero) != std::string_view::npos) {
    const auto line = first_line + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(zero), '\n');
    return fmt::format("line {}: is no valid XML", line);
  }
  switch (document.Parse(text.data(), zero)) {
    case tinyxml2::XML_SUCCESS:
      return {};
    case tinyxml2::XML_ERROR_EMPTY_DOCUMENT:
      return "holds no XML";
    case tinyxml2::XML_ELEMENT_DEPTH_EXCEEDED:
      return fmt::format("line {}: nests its XML too deeply", first_line - 1 + document.ErrorLineNum());
    default:
      return fmt::format("line {}: is no valid XML", first_line - 1 + document.ErrorLineNum());
  }
}

}  // namespace flashcell
