#pragma once
#include <functional>
#include <set>
#include <string>

#include "base/schema/visitor.hpp"

namespace flashcell::schema {

/// The values that `visit` shows as TOML that read_toml() reads back as the same; with `comments` each key's meaning
/// stands above it. `sections`: only these; none means all.
std::string print_toml(const std::function<void(Visitor&)>& visit, bool comments,
                       const std::set<std::string>& sections = {});

}  // namespace flashcell::schema
