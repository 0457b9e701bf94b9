#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace flashcell::app {

/// A line on the terminal that shows frames done, rate and time left; silent when standard error is no terminal.
class Progress {
 public:
  /// `total`: frames to come, when known. `unit`: what is counted instead of frames.
  Progress(std::string what, std::optional<int64_t> total, bool quiet = false, std::string unit = "frames");
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(int64_t done, int64_t dropped = 0);
  /// Where the total is known only on the way.
  void update_of(int64_t done, int64_t total);
  /// Wipes the line.
  void clear();

 private:
  std::string what_, unit_;
  std::optional<int64_t> total_;
  bool shown_ = false, terminal_;
  int64_t start_ns_, last_ns_ = 0;
};

}  // namespace flashcell::app
