#include "base/json_text.hpp"

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace flashcell {
namespace {

template <class Json>
std::string text_of(const Json& json, int indent) {
  return json_for_terminal(json.dump(indent, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

// Compiled here once: a serializer in every file that writes JSON is seconds of compiling each.
std::string json_text(const nlohmann::json& json, int indent) {
  return text_of(json, indent);
}
std::string json_text(const nlohmann::ordered_json& json, int indent) {
  return text_of(json, indent);
}

}  // namespace flashcell
