#pragma once
#include <cstdio>
#include <string>

#include "base/text.hpp"

namespace flashcell::app {

/// One line on standard error. Names and contents of files stand in many: none reaches the terminal as it is. Where
/// that cannot be written, nothing more can be done, and nothing is.
inline void say(const std::string& line) {
  std::fputs(("flashcell: " + printable(line) + "\n").c_str(), stderr);
}

inline void warn(const std::string& line) {
  say("warning: " + line);
}

}  // namespace flashcell::app
