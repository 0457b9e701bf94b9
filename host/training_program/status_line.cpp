#include "host/training_program/status_line.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdio>

namespace flashcell::quant {
namespace {

constexpr double kSecondsBetween = 0.2;
constexpr const char* kWipe = "\r\033[K";

// "3:05", "1:03:05".
std::string minutes(double seconds) {
  char text[32];
  const long long s = std::llround(seconds);
  if (s >= 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
  else
    std::snprintf(text, sizeof text, "%lld:%02lld", s / 60, s % 60);
  return text;
}

}  // namespace

StatusLine::StatusLine(bool quiet) : shown_(!quiet && isatty(STDERR_FILENO) == 1) {}

StatusLine::~StatusLine() {
  if (shown_) std::fputs(kWipe, stderr);
}

void StatusLine::show(const std::string& work, double done, const std::string& text) {
  if (!shown_) return;
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = Clock::now();
  if (first_ < 0 || work != work_) {
    work_ = work;
    first_ = done;
    start_ = last_ = now;
  }
  if (std::chrono::duration<double>(now - last_).count() < kSecondsBetween || done <= first_) return;
  last_ = now;
  const double left = (1 - done) / (done - first_) * std::chrono::duration<double>(now - start_).count();
  std::fprintf(stderr, "%s%s, %s left", kWipe, text.c_str(), minutes(left).c_str());
}

void StatusLine::show(const std::string& text) {
  if (!shown_) return;
  const std::lock_guard lock(mutex_);
  std::fprintf(stderr, "%s%s", kWipe, text.c_str());
}

void StatusLine::print(const std::string& text) {
  if (!shown_) return;
  const std::lock_guard lock(mutex_);
  std::fprintf(stderr, "%s%s\n", kWipe, text.c_str());
}

}  // namespace flashcell::quant
