#pragma once
#include <atomic>

namespace flashcell::app {

/// While one exists, the first Ctrl-C, SIGTERM or SIGHUP asks the run to end early and whole; the second ends the
/// program at once. Signals that whoever started the program has it ignore (nohup) stay ignored. One at a time.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// Set once the run should end.
  static const std::atomic<bool>& asked();
  /// What the program then returns, 128 + signal, as shells expect: 130, 143, 129.
  static int exit_code();
};

/// Writes to a closed pipe and beyond the file size limit come back as errors (EPIPE, EFBIG) instead of ending the
/// program. What the program starts in turn gets the system's own behaviour.
void turn_signals_into_errors();

/// Ends the program as a closed pipe ends other tools: quietly, by SIGPIPE.
[[noreturn]] void end_by_closed_pipe();

}  // namespace flashcell::app
