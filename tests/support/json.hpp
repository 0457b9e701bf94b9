#pragma once
#include <nlohmann/json.hpp>
#include <string_view>

namespace flashcell::test {

/// A text as JSON, by a parser that is compiled once for all tests. Throws as nlohmann::json::parse().
nlohmann::json parse_json(std::string_view text);

}  // namespace flashcell::test
