#include "host/app/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "pipeline/frame_feed.hpp"

namespace flashcell::app {
namespace {

constexpr int64_t kRefresh = 100'000'000;  // ns

std::string minutes(double seconds) {
  const int64_t s = static_cast<int64_t>(seconds + 0.5);
  return s >= 3600 ? fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
                   : fmt::format("{}:{:02}", s / 60, s % 60);
}

}  // namespace

Progress::Progress(std::string what, std::optional<int64_t> total, bool quiet, std::string unit)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      terminal_(!quiet && isatty(STDERR_FILENO) == 1),
      start_ns_(steady_now_ns()) {}

Progress::~Progress() {
  clear();
}

void Progress::clear() {
  if (shown_) fmt::print(stderr, "\r\033[K");
  shown_ = false;
}

void Progress::update_of(int64_t done, int64_t total) {
  total_ = total;
  update(done);
}

void Progress::update(int64_t done, int64_t dropped) {
  if (!terminal_) return;
  const int64_t now = steady_now_ns();
  if (now - last_ns_ < kRefresh) return;
  last_ns_ = now;
  const double elapsed = 1e-9 * static_cast<double>(now - start_ns_);
  const double rate = elapsed > 0 ? static_cast<double>(done) / elapsed : 0;
  std::string line = fmt::format("{}: {}", what_, done);
  if (total_ && *total_ > 0)
    line += fmt::format("/{} {}, {:.0f} %", *total_, unit_,
                        100.0 * static_cast<double>(done) / static_cast<double>(*total_));
  else
    line += " " + unit_;
  line += fmt::format(", {:.{}f} {}/s", rate, rate < 10 ? 1 : 0, unit_);
  if (total_ && rate > 0 && *total_ > done)
    line += fmt::format(", {} left", minutes(static_cast<double>(*total_ - done) / rate));
  if (dropped > 0) line += fmt::format(", {} dropped", dropped);
  fmt::print(stderr, "\r\033[K{}", line);
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace flashcell::app
