#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "host/config/schema.hpp"

namespace flashcell::host {
namespace {

[[noreturn]] void fail(const std::string& origin, const toml::source_region* where, const std::string& what) {
  const std::string line = where != nullptr && where->begin.line > 0 ? fmt::format(":{}", where->begin.line) : "";
  throw Error(Fault::usage, fmt::format("{}{}: {}", origin, line, what));
}

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

std::string suggestion(const std::string& wrong, const std::set<std::string>& known) {
  std::string best;
  size_t distance = wrong.size() / 2 + 1;
  for (const std::string& name : known) {
    const size_t d = edit_distance(wrong, name);
    if (d < distance) {
      distance = d;
      best = name;
    }
  }
  return best.empty() ? "; `flashcell config --default` lists them all" : fmt::format("; did you mean `{}`?", best);
}

std::string type_name(const toml::node& node) {
  std::ostringstream text;
  text << node.type();
  return text.str();
}

/// Moves values from a TOML table into a Config and remembers which keys exist.
class Loader : public ConfigVisitor {
 public:
  Loader(const toml::table& root, std::string origin) : root_(root), origin_(std::move(origin)) {}

  void section(const char* name, const char*) override {
    section_ = name;
    sections_.insert(name);
    table_ = nullptr;
    if (const toml::node* node = root_.get(name)) {
      table_ = node->as_table();
      if (table_ == nullptr)
        fail(origin_, &node->source(), fmt::format("`{}` must be a table, as in [{}]", name, name));
    }
  }
  void boolean(const char* key, bool& value, const char*) override {
    if (const toml::node* node = find(key)) {
      const auto* b = node->as_boolean();
      if (b == nullptr) wrong_type(key, *node, "true or false");
      value = b->get();
    }
  }
  void integer(const char* key, int64_t& value, int64_t low, int64_t high, const char*) override {
    if (const toml::node* node = find(key)) {
      const auto* i = node->as_integer();
      if (i == nullptr) wrong_type(key, *node, "a whole number");
      if (i->get() < low || i->get() > high)
        range(key, *node, fmt::format("{}", i->get()), fmt::format("{}..{}", low, high));
      value = i->get();
    }
  }
  void real(const char* key, double& value, double low, double high, const char*) override {
    if (const toml::node* node = find(key)) value = number(key, *node, low, high);
  }
  void text(const char* key, std::string& value, const char*) override {
    if (const toml::node* node = find(key)) value = string(key, *node);
  }
  void choice(const char* key, int& value, const std::vector<std::string>& names, const char*) override {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const std::string name = string(key, *node);
    const auto it = std::find(names.begin(), names.end(), name);
    if (it == names.end()) {
      fail(origin_, &node->source(),
           fmt::format("{}.{} is \"{}\"; it must be one of {}", section_, key, name, fmt::join(names, ", ")));
    }
    value = static_cast<int>(it - names.begin());
  }
  void colour_classes(const char* key, std::vector<ColourClass>& value, const char*) override {
    for_tables(key, value, [&](const toml::table& table, const std::string& name, ColourClass& c) {
      only(table, name, {"name", "hue", "saturation", "value"});
      const toml::node* label = table.get("name");
      if (label == nullptr) fail(origin_, &table.source(), fmt::format("{} needs a name", name));
      c.name = string("class.name", *label);
      pair(table, "hue", c.hue_low, c.hue_high, true);
      pair(table, "saturation", c.saturation_low, c.saturation_high, false);
      pair(table, "value", c.value_low, c.value_high, false);
    });
    if (value.size() > contract::kMaxColourClasses) {
      fail(origin_, &find(key)->source(),
           fmt::format("{}.{}: at most {} classes", section_, key, contract::kMaxColourClasses));
    }
  }
  void regions(const char* key, std::vector<Polygon>& value, const char*) override {
    for_tables(key, value, [&](const toml::table& table, const std::string& name, Polygon& region) {
      only(table, name, {"include", "points"});
      if (const toml::node* include = table.get("include")) {
        if (!include->is_boolean()) wrong_type("region.include", *include, "true or false");
        region.include = include->as_boolean()->get();
      }
      const toml::node* points = table.get("points");
      const toml::array* list = points != nullptr ? points->as_array() : nullptr;
      if (list == nullptr || list->size() < 3)
        fail(origin_, &table.source(), fmt::format("{} needs points = [[x, y], ...], at least three", name));
      for (const toml::node& point : *list) {
        const toml::array* xy = point.as_array();
        if (xy == nullptr || xy->size() != 2)
          fail(origin_, &point.source(), fmt::format("{}: a point is [x, y]", name));
        region.points.push_back(
            {number("region.points", *xy->get(0), -1e6, 1e6), number("region.points", *xy->get(1), -1e6, 1e6)});
      }
    });
  }

  /// Whatever the schema did not ask for is a typing error.
  void reject_unknown() const {
    for (const auto& [section_key, node] : root_) {
      const std::string section(section_key.str());
      if (sections_.count(section) == 0)
        fail(origin_, &node.source(), fmt::format("[{}] is not a section{}", section, suggestion(section, sections_)));
      std::set<std::string> names;
      for (const std::string& key : keys_) {
        if (key.rfind(section + ".", 0) == 0) names.insert(key.substr(section.size() + 1));
      }
      for (const auto& [key, value] : *node.as_table()) {
        const std::string name(key.str());
        if (names.count(name) == 0)
          fail(origin_, &value.source(), fmt::format("{}.{} is not a key{}", section, name, suggestion(name, names)));
      }
    }
  }

 private:
  const toml::node* find(const char* key) {
    keys_.insert(section_ + "." + key);
    return table_ != nullptr ? table_->get(key) : nullptr;
  }
  [[noreturn]] void wrong_type(const std::string& key, const toml::node& node, const char* wanted) const {
    fail(origin_, &node.source(),
         fmt::format("{}.{} must be {}, not of type {}", section_, key, wanted, type_name(node)));
  }
  [[noreturn]] void range(const std::string& key, const toml::node& node, const std::string& value,
                          const std::string& wanted) const {
    fail(origin_, &node.source(), fmt::format("{}.{} is {}; it must be in {}", section_, key, value, wanted));
  }
  std::string string(const std::string& key, const toml::node& node) const {
    const auto* s = node.as_string();
    if (s == nullptr) wrong_type(key, node, "text in quotes");
    return s->get();
  }
  double number(const std::string& key, const toml::node& node, double low, double high) const {
    double value;
    if (const auto* f = node.as_floating_point()) {
      value = f->get();
    } else if (const auto* i = node.as_integer()) {
      value = static_cast<double>(i->get());
    } else {
      wrong_type(key, node, "a number");
    }
    if (!(value >= low && value <= high)) range(key, node, fmt::format("{}", value), fmt::format("{}..{}", low, high));
    return value;
  }
  template <class T, class Read>
  void for_tables(const char* key, std::vector<T>& value, Read read) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const std::string name = fmt::format("[[{}.{}]]", section_, key);
    const toml::array* list = node->as_array();
    if (list == nullptr) fail(origin_, &node->source(), fmt::format("write {} for each {}", name, key));
    value.clear();
    for (const toml::node& item : *list) {
      const toml::table* table = item.as_table();
      if (table == nullptr) fail(origin_, &item.source(), fmt::format("write {} for each {}", name, key));
      read(*table, name, value.emplace_back());
    }
  }
  void only(const toml::table& table, const std::string& name, const std::set<std::string>& known) const {
    for (const auto& [key, value] : table) {
      const std::string text(key.str());
      if (known.count(text) == 0)
        fail(origin_, &value.source(), fmt::format("{} has no key {}{}", name, text, suggestion(text, known)));
    }
  }
  void pair(const toml::table& table, const char* key, uint8_t& low, uint8_t& high, bool wraps) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) return;
    const toml::array* list = node->as_array();
    if (list == nullptr || list->size() != 2)
      fail(origin_, &node->source(), fmt::format("class.{} must be [low, high]", key));
    low = static_cast<uint8_t>(number(fmt::format("class.{}", key), *list->get(0), 0, 255));
    high = static_cast<uint8_t>(number(fmt::format("class.{}", key), *list->get(1), 0, 255));
    if (!wraps && low > high) fail(origin_, &node->source(), fmt::format("class.{}: low must not be above high", key));
  }

  const toml::table& root_;
  std::string origin_, section_;
  const toml::table* table_ = nullptr;
  std::set<std::string> sections_, keys_;
};

void apply(const toml::table& root, const std::string& origin, Config& config) {
  Config copy = config;
  Loader loader(root, origin);
  visit_config(copy, loader);
  loader.reject_unknown();
  config = copy;
}

}  // namespace

void parse_config(const std::string& text, const std::string& origin, Config& config) {
  toml::table root;
  try {
    root = toml::parse(text, origin);
  } catch (const toml::parse_error& e) {
    fail(origin, &e.source(), std::string(e.description()));
  }
  apply(root, origin, config);
}

void load_config(const std::string& path, Config& config) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    throw Error(
        Fault::usage,
        fmt::format("{}: cannot read this configuration file; `flashcell config --default > rig.toml` makes one",
                    path));
  }
  parse_config(text.str(), path, config);
}

void set_config_key(const std::string& key, const std::string& value, Config& config) {
  const std::string kind = name_in(kDeviceKinds, DeviceKind::xrt), board = kind + ':';
  if (key == "pipeline.device" && value.rfind(board, 0) == 0) {
    set_config_key("xrt.device", value.substr(board.size()), config);
    set_config_key(key, kind, config);
    return;
  }
  const size_t dot = key.find('.');
  const std::string origin = "--" + key;
  if (dot == std::string::npos)
    throw Error(Fault::usage, fmt::format("{}: a key is section.name, as in segment.threshold", origin));
  if (!is_utf8(value))
    throw Error(Fault::usage,
                fmt::format("{}: `{}` is not UTF-8, as a configuration must be; rename the file", origin, value));
  const std::string head = fmt::format("[{}]\n{} = ", key.substr(0, dot), key.substr(dot + 1));
  toml::table root;
  try {
    root = toml::parse(head + value);
  } catch (const toml::parse_error&) {
    try {
      root = toml::parse(head + '\'' + value + '\'');
    } catch (const toml::parse_error& e) {
      throw Error(Fault::usage, fmt::format("{}: cannot read `{}`: {}", origin, value, e.description()));
    }
  }
  // The line within the text that was made up here would mislead.
  try {
    apply(root, origin, config);
  } catch (const Error& e) {
    std::string line = e.what();
    const std::string made_up = origin + ":2: ";
    if (line.rfind(made_up, 0) == 0) line = origin + ": " + line.substr(made_up.size());
    throw Error(e.fault(), line);
  }
}

}  // namespace flashcell::host
