#pragma once
#include <functional>
#include <string>

#include "base/error.hpp"
#include "base/schema/visitor.hpp"

namespace flashcell::schema {

/// What a text of settings is, for messages.
struct Origin {
  std::string name;  ///< of the file
  Fault fault = Fault::usage;
  std::string all_keys;  ///< where all keys are listed, as the end of a sentence
};

/// Reads TOML through a schema: what the text states goes into the values that `visit` shows, the others stay. Throws
/// Error of the origin's fault, one line `name:line: key, what is wrong, what was meant`: TOML that does not parse, a
/// value of another type or out of range, a key that the schema does not have. Values may then have been changed.
void read_toml(const std::string& text, const Origin& origin, const std::function<void(Visitor&)>& visit);

/// Why the text is no TOML; empty: it is.
std::string toml_fault(const std::string& text);

}  // namespace flashcell::schema
