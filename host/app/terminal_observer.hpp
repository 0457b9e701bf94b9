#pragma once
#include <optional>

#include "host/app/messages.hpp"
#include "host/app/progress.hpp"
#include "host/run/observer.hpp"

namespace flashcell::app {

/// How much a TerminalObserver tells.
enum class Told {
  warnings,
  progress,  ///< warnings and the line of progress
  all,       ///< notes as well
};

/// Tells on standard error what a run does.
class TerminalObserver final : public host::RunObserver {
 public:
  explicit TerminalObserver(Told told = Told::all) : told_(told) {}

  void begin(const std::string& work, std::optional<int64_t> frames) override {
    progress_.emplace(work, frames, told_ == Told::warnings);
  }
  void progress(int64_t frames, int64_t dropped) override { progress_->update(frames, dropped); }
  void end() override { progress_.reset(); }
  void note(const std::string& line) override {
    if (told_ == Told::all) say(line);
  }
  void warn(const std::string& line) override { app::warn(line); }

 private:
  Told told_;
  std::optional<Progress> progress_;
};

}  // namespace flashcell::app
