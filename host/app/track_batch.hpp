#pragma once
#include <string>
#include <vector>

#include "host/config/config.hpp"

namespace flashcell::app {

/// What `flashcell track` does with several recordings.
struct BatchCommand {
  std::vector<std::string> inputs;
  std::string output;
  std::vector<std::string> config_files;
  int jobs = 0;
  bool again = false, quiet = false, json = false;
};

/// Tracks them all and prints a line for each. Returns the exit code: 0, that of the first recording that failed, or
/// 128 + signal.
int track_batch(const BatchCommand& command, const host::Config& config);

}  // namespace flashcell::app
