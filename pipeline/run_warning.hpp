#pragma once
#include <string>

namespace flashcell {

/// Something that makes a run's result less than it seems.
struct RunWarning {
  std::string what;    ///< and how much of it
  std::string advice;  ///< what to try, with the option's name

  std::string line() const { return what + "; " + advice; }
};

}  // namespace flashcell
