#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flashcell {

/// A value of an enumeration and what it is called in configurations, outputs and messages. A table of them
/// (`constexpr NamedValue<Kind> kKinds[] = …`) is the one place where the names stand; its order is the order in which
/// they are listed and need not be the enumeration's. The functions take any table of entries with `value` and `name`.
template <class Value>
struct NamedValue {
  Value value;
  const char* name;
};

/// The place of `value` in the table; the table's size when it is not there.
template <class Entry, std::size_t kCount, class Value>
constexpr std::size_t place_in(const Entry (&table)[kCount], Value value) {
  std::size_t i = 0;
  while (i < kCount && table[i].value != value) ++i;
  return i;
}

/// What `value` is called; "?" for a value that the table does not have.
template <class Entry, std::size_t kCount, class Value>
constexpr const char* name_in(const Entry (&table)[kCount], Value value) {
  const std::size_t i = place_in(table, value);
  return i < kCount ? table[i].name : "?";
}

/// The value of that name; none for a name that the table does not have.
template <class Entry, std::size_t kCount>
constexpr std::optional<decltype(Entry::value)> value_in(const Entry (&table)[kCount], std::string_view name) {
  for (const Entry& entry : table)
    if (name == entry.name) return entry.value;
  return std::nullopt;
}

/// All names, in the table's order.
template <class Entry, std::size_t kCount>
std::vector<std::string> names_in(const Entry (&table)[kCount]) {
  std::vector<std::string> names;
  for (const Entry& entry : table) names.emplace_back(entry.name);
  return names;
}

}  // namespace flashcell
