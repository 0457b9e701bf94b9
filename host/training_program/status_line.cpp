#include "host/training_program/status_line.hpp"

#include <unistd.h>

#include <cstdio>

namespace flashcell::quant {

std::string minutes(double seconds) {
  char text[32];
  const auto s = static_cast<long long>(seconds + 0.5);
  if (s >= 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
  else
    std::snprintf(text, sizeof text, "%lld:%02lld", s / 60, s % 60);
  return text;
}

bool shows_progress(bool quiet) {
  return !quiet && isatty(STDERR_FILENO) == 1;
}

}  // namespace flashcell::quant
