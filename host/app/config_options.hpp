#pragma once
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/config/config.hpp"

namespace flashcell::app {

/// `-c FILE` and one option for every configuration key, as in `--segment.threshold 90`. What is typed wins over the
/// file.
class ConfigOptions {
 public:
  explicit ConfigOptions(CLI::App& command);
  host::Config load() const;
  /// The configuration file that was named; may be empty.
  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<std::string>> values_;
  std::vector<CLI::Option*> options_;
};

}  // namespace flashcell::app
