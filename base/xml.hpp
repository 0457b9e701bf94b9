#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace tinyxml2 {
class XMLDocument;
}

namespace flashcell {

/// Parses XML from outside into `document`. Empty when it is well-formed; else what is wrong and where, as in "line 3:
/// is no valid XML", for the caller's error. Lines count from `first_line`. Elements nest up to 100 deep and the text
/// has at most `most_bytes`, so that no file can exhaust stack or memory.
std::string read_xml(std::string_view text, tinyxml2::XMLDocument& document, int first_line = 1,
                     size_t most_bytes = size_t{8} << 20);

}  // namespace flashcell
