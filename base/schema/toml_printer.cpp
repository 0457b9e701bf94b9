#include "base/schema/toml_printer.hpp"

#include <fmt/format.h>

#include <sstream>

#include "base/text.hpp"

namespace flashcell::schema {
namespace {

std::string real_text(double value) {
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

/// TOML's basic strings have JSON's escapes.
std::string toml_string(const std::string& value) {
  return json_string(value);
}

class Printer : public Visitor {
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
    if (!section_.empty()) text_ += fmt::format("[{}]\n", name);
  }
  void boolean(const char* key, bool& value, const char* doc) override { line(key, value ? "true" : "false", doc); }
  void integer(const char* key, int64_t& value, int64_t, int64_t, const char* doc) override {
    line(key, fmt::format("{}", value), doc);
  }
  void real(const char* key, double& value, double, double, const char* doc) override {
    line(key, real_text(value), doc);
  }
  void text(const char* key, std::string& value, const char* doc) override { line(key, toml_string(value), doc); }
  void choice(const char* key, std::string& value, const std::vector<std::string>&, const char* doc) override {
    line(key, toml_string(value), doc);
  }
  void range(const char* key, int& low, int& high, int, int, bool, const char* doc) override {
    line(key, fmt::format("[{}, {}]", low, high), doc);
  }
  void points(const char* key, std::vector<std::array<double, 2>>& value, double, const char* doc) override {
    if (in_table_ && value.empty()) return;  // one of several ways to say it, and not the one that was taken
    std::string list;
    for (const auto& [x, y] : value)
      list += fmt::format("{}[{}, {}]", list.empty() ? "" : ", ", real_text(x), real_text(y));
    line(key, "[" + list + "]", doc);
  }
  void numbers(const char* key, std::vector<double>& value, size_t, double, const char* doc) override {
    if (in_table_ && value.empty()) return;
    std::string list;
    for (const double number : value) list += fmt::format("{}{}", list.empty() ? "" : ", ", real_text(number));
    line(key, "[" + list + "]", doc);
  }
  void tables(const char* key, Tables& value, const char* doc) override {
    if (!shown_) return;
    comment(tables_, doc);
    in_table_ = true;
    for (size_t i = 0; i < value.size(); ++i) {
      tables_ += fmt::format("[[{}{}{}]]\n", section_, section_.empty() ? "" : ".", key);
      value.visit(i, *this);
    }
    in_table_ = false;
  }

 private:
  void comment(std::string& out, const char* doc) const {
    if (!comments_) return;
    std::istringstream lines(doc);
    for (std::string l; std::getline(lines, l);) out += "# " + l + '\n';
  }
  void line(const char* key, const std::string& value, const char* doc) {
    if (!shown_) return;
    if (!in_table_) comment(text_, doc);  // a table's keys are told of above the first
    (in_table_ ? tables_ : text_) += fmt::format("{} = {}\n", key, value);
  }

  bool comments_, shown_ = true, in_table_ = false;
  const std::set<std::string>& sections_;
  std::string section_, text_, tables_;
};

}  // namespace

std::string print_toml(const std::function<void(Visitor&)>& visit, bool comments,
                       const std::set<std::string>& sections) {
  Printer printer(comments, sections);
  visit(printer);
  return printer.text();
}

}  // namespace flashcell::schema
