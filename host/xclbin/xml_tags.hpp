#pragma once
#include <optional>
#include <string_view>
#include <vector>

namespace flashcell::host {

/// One tag of an XML text: its name and attributes. Views into the text.
struct XmlTag {
  struct Attribute {
    std::string_view name, value;
  };
  std::string_view name;
  std::vector<Attribute> attributes;
  bool opens = true;    ///< <name …> or <name … />
  bool closes = false;  ///< </name> or <name … />

  /// The attribute's value as it stands in the text; empty when there is none.
  std::string_view value(std::string_view attribute) const {
    for (const Attribute& a : attributes) {
      if (a.name == attribute) return a.value;
    }
    return {};
  }
};

/// Walks over the tags of an XML text from start to end; skips text, comments and declarations. Enough for metadata in
/// which every fact is an attribute; entities stay as they are.
class XmlTags {
 public:
  explicit XmlTags(std::string_view text) : rest_(text) {}

  /// The next tag; nothing at the end or where a tag is not closed any more.
  std::optional<XmlTag> next();

 private:
  std::string_view rest_;
};

}  // namespace flashcell::host
