#pragma once
#include <cstdio>
#include <string>

namespace flashcell::app {

/// One line on standard error. Where that cannot be written, nothing more can be done, and nothing is.
inline void say(const std::string& line) {
  std::fputs(("flashcell: " + line + "\n").c_str(), stderr);
}

inline void warn(const std::string& line) {
  say("warning: " + line);
}

}  // namespace flashcell::app
