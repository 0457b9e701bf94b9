#include "base/schema/toml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

namespace flashcell::schema {
namespace {

/// Levenshtein distance, to guess which key was meant.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string type_name(const toml::node& node) {
  std::ostringstream text;
  text << node.type();
  return text.str();
}

/// A value as a file has it, a text within its quotes.
std::string written(const toml::node& node) {
  std::ostringstream text;
  text << toml::toml_formatter{node};
  return text.str();
}

/// One table while it is read.
struct Level {
  std::string name;  ///< "segment", "[[segment.class]]", "" at the top
  const toml::table* table = nullptr;
  std::set<std::string> asked;
};

class Reader : public Visitor {
 public:
  Reader(const toml::table& root, const Origin& origin) : root_(root), origin_(origin) {}

  void section(const char* name, const char*) override {
    level_ = &sections_[name];
    level_->name = name;
    level_->table = *name == '\0' ? &root_ : nullptr;
    const toml::node* node = *name == '\0' ? nullptr : root_.get(name);
    if (node == nullptr) return;
    level_->table = node->as_table();
    if (level_->table == nullptr) fail(*node, fmt::format("`{}` must be a table, as in [{}]", name, name));
  }

  void boolean(const char* key, bool& value, const char*) override {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto* given = node->as_boolean();
    if (given == nullptr) wrong_type(key, *node, "true or false");
    value = given->get();
  }

  void integer(const char* key, int64_t& value, int64_t low, int64_t high, const char*) override {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const auto* given = node->as_integer();
    if (given == nullptr) wrong_type(key, *node, "a whole number");
    if (given->get() < low || given->get() > high)
      out_of_range(key, *node, fmt::format("{}", given->get()), fmt::format("{}..{}", low, high));
    value = given->get();
  }

  void real(const char* key, double& value, double low, double high, const char*) override {
    if (const toml::node* node = find(key)) value = number(key, *node, low, high);
  }

  void text(const char* key, std::string& value, const char*) override {
    if (const toml::node* node = find(key)) value = string(key, *node);
  }

  void form(const char* key, std::string& value, const TextFault& fault, const char*) override {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    // What needs no quotes, as 3, 1.5 or true, is judged like the text.
    value = node->is_string() || node->is_table() ? string(key, *node) : written(*node);
    if (const std::string wrong = fault(value); !wrong.empty()) fail(*node, fmt::format("{}: {}", path(key), wrong));
  }

  void choice(const char* key, std::string& value, const std::vector<std::string>& names, const char*) override {
    const toml::node* node = find(key);
    if (node != nullptr) value = string(key, *node);
    if (std::find(names.begin(), names.end(), value) != names.end()) return;
    const std::string wanted = fmt::format("must be one of {}", fmt::join(names, ", "));
    if (node == nullptr) fail(*place(), fmt::format("{} {}", path(key), wanted));
    fail(*node, fmt::format("{} is \"{}\"; it {}", path(key), value, wanted));
  }

  void range(const char* key, int& low, int& high, int least, int most, bool wraps, const char*) override {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::array* list = node->as_array();
    if (list == nullptr || list->size() != 2) fail(*node, fmt::format("{} must be [low, high]", path(key)));
    low = static_cast<int>(number(key, *list->get(0), least, most));
    high = static_cast<int>(number(key, *list->get(1), least, most));
    if (!wraps && low > high) fail(*node, fmt::format("{}: low must not be above high", path(key)));
  }

  void points(const char* key, std::vector<std::array<double, 2>>& value, double limit, const char*) override {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::array* list = node->as_array();
    if (list == nullptr) wrong_type(key, *node, "[[x, y], ...]");
    value.clear();
    for (const toml::node& point : *list) {
      const toml::array* xy = point.as_array();
      if (xy == nullptr || xy->size() != 2) fail(point, fmt::format("{}: a point is [x, y]", path(key)));
      value.push_back({number(key, *xy->get(0), -limit, limit), number(key, *xy->get(1), -limit, limit)});
    }
  }

  void numbers(const char* key, std::vector<double>& value, size_t count, double limit, const char*) override {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::array* list = node->as_array();
    if (list == nullptr || (list->size() != count && !list->empty()))
      fail(*node, fmt::format("{} must be a list of {} numbers", path(key), count));
    value.clear();
    for (const toml::node& item : *list) value.push_back(number(key, item, -limit, limit));
  }

  void tables(const char* key, Tables& value, const char*) override {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const std::string full = path(key), name = fmt::format("[[{}]]", full);
    const toml::array* list = node->as_array();
    if (list == nullptr) fail(*node, fmt::format("write {} for each {}", name, key));
    if (list->size() > value.most()) fail(*node, fmt::format("{}: at most {} of them", path(key), value.most()));
    value.clear();
    Level* const around = level_;
    for (const toml::node& item : *list) {
      Level level{full, item.as_table(), {}};
      if (level.table == nullptr) fail(item, fmt::format("write {} for each {}", name, key));
      level_ = &level;
      value.add();
      value.visit(value.size() - 1, *this);
      for (const auto& [given, unknown] : *level.table)
        if (const std::string wrong(given.str()); !level.asked.contains(wrong))
          fail(unknown, fmt::format("{} has no key {}{}", name, wrong, suggestion(wrong, level.asked)));
      if (const std::string fault = value.fault(value.size() - 1); !fault.empty())
        fail(item, fmt::format("{} {}", name, fault));
      level_ = around;
    }
  }

  /// Whatever the schema did not ask for is a typing error.
  void reject_unknown() const {
    std::set<std::string> known;
    for (const auto& [name, level] : sections_) known.insert(name);
    const auto top = sections_.find("");
    if (top != sections_.end()) known.insert(top->second.asked.begin(), top->second.asked.end());
    known.erase("");
    for (const auto& [key, node] : root_) {
      const std::string name(key.str());
      if (known.contains(name)) continue;
      const bool section = top == sections_.end() || node.is_table();
      fail(node, fmt::format("{} is not a {}{}", section ? "[" + name + "]" : name, section ? "section" : "key",
                             suggestion(name, known)));
    }
    for (const auto& [name, level] : sections_) {
      if (name.empty() || level.table == nullptr) continue;
      for (const auto& [key, node] : *level.table)
        if (const std::string wrong(key.str()); !level.asked.contains(wrong))
          fail(node, fmt::format("{}.{} is not a key{}", name, wrong, suggestion(wrong, level.asked)));
    }
  }

 private:
  const toml::node* find(const char* key) {
    level_->asked.insert(key);
    return level_->table != nullptr ? level_->table->get(key) : nullptr;
  }

  // Where something is missing.
  const toml::node* place() const { return level_->table != nullptr ? level_->table : &root_; }

  std::string path(const char* key) const {
    return level_->name.empty() ? std::string(key) : fmt::format("{}.{}", level_->name, key);
  }

  std::string suggestion(const std::string& wrong, const std::set<std::string>& known) const {
    std::string best;
    size_t distance = wrong.size() / 2 + 1;
    for (const std::string& name : known) {
      const size_t d = edit_distance(wrong, name);
      if (d < distance) {
        distance = d;
        best = name;
      }
    }
    return best.empty() ? "; " + origin_.all_keys : fmt::format("; did you mean `{}`?", best);
  }

  [[noreturn]] void fail(const toml::node& node, const std::string& what) const {
    const auto line = node.source().begin.line;
    throw Error(origin_.fault, fmt::format("{}{}: {}", origin_.name, line > 0 ? fmt::format(":{}", line) : "", what));
  }
  [[noreturn]] void wrong_type(const char* key, const toml::node& node, const char* wanted) const {
    fail(node, fmt::format("{} must be {}, not of type {}", path(key), wanted, type_name(node)));
  }
  [[noreturn]] void out_of_range(const char* key, const toml::node& node, const std::string& value,
                                 const std::string& wanted) const {
    fail(node, fmt::format("{} is {}; it must be in {}", path(key), value, wanted));
  }

  std::string string(const char* key, const toml::node& node) const {
    const auto* given = node.as_string();
    if (given == nullptr) wrong_type(key, node, "text in quotes");
    return given->get();
  }

  double number(const char* key, const toml::node& node, double low, double high) const {
    double value;
    if (const auto* real = node.as_floating_point()) {
      value = real->get();
    } else if (const auto* whole = node.as_integer()) {
      value = static_cast<double>(whole->get());
    } else {
      wrong_type(key, node, "a number");
    }
    if (!(value >= low && value <= high))
      out_of_range(key, node, fmt::format("{}", value), fmt::format("{}..{}", low, high));
    return value;
  }

  const toml::table& root_;
  const Origin& origin_;
  std::map<std::string, Level> sections_;
  Level* level_ = nullptr;
};

}  // namespace

void read_toml(const std::string& text, const Origin& origin, const std::function<void(Visitor&)>& visit) {
  toml::table root;
  try {
    root = toml::parse(text, origin.name);
  } catch (const toml::parse_error& e) {
    throw Error(origin.fault, fmt::format("{}:{}: {}", origin.name, e.source().begin.line, e.description()));
  }
  Reader reader(root, origin);
  visit(reader);
  reader.reject_unknown();
}

std::string toml_fault(const std::string& text) {
  try {
    static_cast<void>(toml::parse(text));
    return "";
  } catch (const toml::parse_error& e) {
    return std::string(e.description());
  }
}

}  // namespace flashcell::schema
