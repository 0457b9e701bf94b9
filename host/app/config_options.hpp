#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/command_line.hpp"
#include "host/config/config.hpp"

namespace flashcell::app {

/// `-c FILE` and one option for every configuration key, as in `--segment.threshold 90`. What is typed wins over the
/// file.
class ConfigOptions {
 public:
  explicit ConfigOptions(Command& command);
  host::Config load() const;
  /// The configuration file that was named; may be empty.
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<std::string>> values_;
  std::vector<Option> options_;
};

}  // namespace flashcell::app
