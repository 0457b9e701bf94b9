#include <fmt/format.h>

#include "base/schema/toml_printer.hpp"
#include "host/config/schema.hpp"

namespace flashcell::host {
namespace {

class KeyLister : public schema::Visitor {
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
  void choice(const char* key, std::string& value, const std::vector<std::string>&, const char* doc) override {
    add(key, value, doc);
  }
  void range(const char* key, int& low, int& high, int, int, bool, const char* doc) override {
    add(key, fmt::format("[{}, {}]", low, high), doc);
  }
  void points(const char* key, std::vector<std::array<double, 2>>&, double, const char* doc) override {
    add(key, "", doc);
  }
  void numbers(const char* key, std::vector<double>&, size_t, double, const char* doc) override { add(key, "", doc); }
  void tables(const char* key, schema::Tables&, const char* doc) override { add(key, "", doc); }

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
  return schema::print_toml([&](schema::Visitor& visitor) { visit_config(copy, visitor); }, comments, sections);
}

std::vector<ConfigKey> config_keys() {
  Config config;
  KeyLister lister;
  visit_config(config, lister);
  return lister.keys;
}

}  // namespace flashcell::host
