#include "tests/support/json.hpp"

namespace flashcell::test {

nlohmann::json parse_json(std::string_view text) {
  return nlohmann::json::parse(text.begin(), text.end());
}

}  // namespace flashcell::test
