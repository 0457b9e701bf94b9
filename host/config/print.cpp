#include <fmt/format.h>

#include <sstream>

#include "base/text.hpp"
#include "host/config/schema.hpp"

namespace flashcell::host {
namespace {

std::string real_text(double value) {
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

/// TOML's basic strings have JSON's escapes.
std::string quoted(const std::string& value) {
  return json_string(value);
}

class Printer : public ConfigVisitor {
 public:
  Printer(bool comments, const std::set<std::string>& sections) : comments_(comments), sections_(sections) {}
  // Tables of a section have to follow all of its plain keys.
  std::string text() const { return text_ + tables_; }

  void section(const char* name, const char* doc) override {
    text_ += tables_;
    tables_.clear();
    section_ = name;
    shown_ = sections_.empty() || sections_.contains(section_);
    if (!shown_) return;
    if (!text_.empty()) text_ += '\n';
    comment(text_, doc);
    text_ += fmt::format("[{}]\n", name);
  }
  void boolean(const char* key, bool& value, const char* doc) override { line(key, value ? "true" : "false", doc); }
  void integer(const char* key, int64_t& value, int64_t, int64_t, const char* doc) override {
    line(key, fmt::format("{}", value), doc);
  }
  void real(const char* key, double& value, double, double, const char* doc) override {
    line(key, real_text(value), doc);
  }
  void text(const char* key, std::string& value, const char* doc) override { line(key, quoted(value), doc); }
  void choice(const char* key, int& value, const std::vector<std::string>& names, const char* doc) override {
    line(key, quoted(names[value]), doc);
  }
  void colour_classes(const char* key, std::vector<ColourClass>& value, const char* doc) override {
    if (!shown_) return;
    comment(tables_, doc);
    for (const ColourClass& c : value) {
      tables_ += fmt::format("[[{}.{}]]\nname = {}\nhue = [{}, {}]\nsaturation = [{}, {}]\nvalue = [{}, {}]\n",
                             section_, key, quoted(c.name), c.hue_low, c.hue_high, c.saturation_low, c.saturation_high,
                             c.value_low, c.value_high);
    }
  }
  void regions(const char* key, std::vector<Polygon>& value, const char* doc) override {
    if (!shown_) return;
    comment(tables_, doc);
    for (const Polygon& region : value) {
      tables_ += fmt::format("[[{}.{}]]\ninclude = {}\npoints = [", section_, key, region.include);
      for (size_t i = 0; i < region.points.size(); ++i) {
        tables_ += fmt::format("{}[{}, {}]", i == 0 ? "" : ", ", real_text(region.points[i][0]),
                               real_text(region.points[i][1]));
      }
      tables_ += "]\n";
    }
  }

 private:
  void comment(std::string& out, const char* doc) const {
    if (!comments_) return;
    std::istringstream lines(doc);
    for (std::string l; std::getline(lines, l);) out += "# " + l + '\n';
  }
  void line(const char* key, const std::string& value, const char* doc) {
    if (!shown_) return;
    comment(text_, doc);
    text_ += fmt::format("{} = {}\n", key, value);
  }

  bool comments_, shown_ = true;
  const std::set<std::string>& sections_;
  std::string section_, text_, tables_;
};

class KeyLister : public ConfigVisitor {
 public:
  std::vector<ConfigKey> keys;

  void section(const char* name, const char*) override { section_ = name; }
  void boolean(const char* key, bool& value, const char* doc) override { add(key, value ? "true" : "false", doc); }
  void integer(const char* key, int64_t& value, int64_t, int64_t, const char* doc) override {
    add(key, fmt::format("{}", value), doc);
  }
  void real(const char* key, double& value, double, double, const char* doc) override {
    add(key, fmt::format("{}", value), doc);
  }
  void text(const char* key, std::string& value, const char* doc) override { add(key, value, doc); }
  void choice(const char* key, int& value, const std::vector<std::string>& names, const char* doc) override {
    add(key, names[value], doc);
  }
  void colour_classes(const char* key, std::vector<ColourClass>&, const char* doc) override { add(key, "", doc); }
  void regions(const char* key, std::vector<Polygon>&, const char* doc) override { add(key, "", doc); }

 private:
  void add(const char* key, const std::string& value, const char* doc) {
    std::string help = doc;
    for (char& c : help) c = c == '\n' ? ' ' : c;
    if (!value.empty()) help += " [" + value + "]";
    keys.push_back({section_ + "." + key, help});
  }
  std::string section_;
};

}  // namespace

std::string print_config(const Config& config, bool comments, const std::set<std::string>& sections) {
  Config copy = config;
  Printer printer(comments, sections);
  visit_config(copy, printer);
  return printer.text();
}

std::vector<ConfigKey> config_keys() {
  Config config;
  KeyLister lister;
  visit_config(config, lister);
  return lister.keys;
}

}  // namespace flashcell::host
