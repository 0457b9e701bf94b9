#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/config/config.hpp"

namespace flashcell::host {

/// Sees every key of a Config once, in order: reading, printing and the command line are visitors, the schema is
/// written once.
class ConfigVisitor {
 public:
  virtual ~ConfigVisitor() = default;
  virtual void section(const char* name, const char* doc) = 0;
  virtual void boolean(const char* key, bool& value, const char* doc) = 0;
  virtual void integer(const char* key, int64_t& value, int64_t low, int64_t high, const char* doc) = 0;
  virtual void real(const char* key, double& value, double low, double high, const char* doc) = 0;
  virtual void text(const char* key, std::string& value, const char* doc) = 0;
  /// `value` is an index into `names`.
  virtual void choice(const char* key, int& value, const std::vector<std::string>& names, const char* doc) = 0;
  virtual void colour_classes(const char* key, std::vector<ColourClass>& value, const char* doc) = 0;
  virtual void regions(const char* key, std::vector<Polygon>& value, const char* doc) = 0;
};

/// The one list of every section and key, with range and meaning.
void visit_config(Config& config, ConfigVisitor& visitor);

}  // namespace flashcell::host
