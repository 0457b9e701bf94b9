#pragma once
#include <chrono>
#include <mutex>
#include <string>

namespace flashcell::quant {

/// A line on the terminal, written anew several times a second: what is being done, how far it is and for how long
/// still. Shows nothing where it is to be quiet, or standard error is no terminal; wiped in the end. Several threads
/// may use it.
class StatusLine {
 public:
  explicit StatusLine(bool quiet);
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  bool shown() const { return shown_; }
  /// `text`, then the time left. `done`: share of `work` from 0 to 1; what was done before its first call (of a run
  /// that goes on where it was) does not count into the estimate. Another `work` begins a new one.
  void show(const std::string& work, double done, const std::string& text);
  /// Where nobody knows for how long.
  void show(const std::string& text);
  /// A line that stays.
  void print(const std::string& text);

 private:
  using Clock = std::chrono::steady_clock;

  bool shown_;
  std::mutex mutex_;
  std::string work_;
  double first_ = -1;
  Clock::time_point start_, last_;
};

}  // namespace flashcell::quant
