#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/text.hpp"

namespace flashcell {

/// JSON as text, the one way in which ours is written (nlohmann's json or ordered_json): what is not UTF-8 in a name is
/// replaced by U+FFFD instead of thrown at, control characters are escaped. `indent` < 0: on one line.
template <class Json>
std::string json_text(const Json& json, int indent = 2) {
  return json_for_terminal(json.dump(indent, ' ', false, Json::error_handler_t::replace));
}

}  // namespace flashcell
