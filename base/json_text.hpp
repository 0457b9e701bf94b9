#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace flashcell {

/// JSON as text, the one way in which ours is written (nlohmann's json or ordered_json): what is not UTF-8 in a name is
/// replaced by U+FFFD instead of thrown at, control characters are escaped. `indent` < 0: on one line.
std::string json_text(const nlohmann::json& json, int indent = 2);
std::string json_text(const nlohmann::ordered_json& json, int indent = 2);

}  // namespace flashcell
