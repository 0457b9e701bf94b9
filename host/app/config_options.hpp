#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/command_line.hpp"
#include "host/config/config.hpp"

namespace flashcell::app {

/// `-c FILE`, once or several times, and one option for every configuration key, as in `--segment.threshold 90`. A key
/// in a later file wins over an earlier one's, what is typed over all.
class ConfigOptions {
 public:
  explicit ConfigOptions(Command& command);
  host::Config load() const;
  /// The configuration files that were named.
  const std::vector<std::string>& files() const { return files_; }

 private:
  std::vector<std::string> files_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<std::string>> values_;
  std::vector<Option> options_;
};

}  // namespace flashcell::app
