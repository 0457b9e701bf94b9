#include "host/event_simulator/readout.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::host {
namespace {

bool earlier(const Event& a, const Event& b) {
  return a.time_us < b.time_us;
}

}  // namespace

void Readout::sort() {
  if (waiting_.empty()) return;
  const auto [first, last] = std::minmax_element(waiting_.begin(), waiting_.end(), earlier);
  const int64_t begin = first->time_us, span = last->time_us - begin + 1;
  if (span > static_cast<int64_t>(4 * waiting_.size()) + 65536) {
    std::stable_sort(waiting_.begin(), waiting_.end(), earlier);
    return;
  }
  // By counting: steps are short.
  places_.assign(static_cast<size_t>(span) + 1, 0);
  for (const Event& event : waiting_) ++places_[static_cast<size_t>(event.time_us - begin) + 1];
  for (size_t i = 1; i < places_.size(); ++i) places_[i] += places_[i - 1];
  sorted_.resize(waiting_.size());
  for (const Event& event : waiting_) sorted_[places_[static_cast<size_t>(event.time_us - begin)]++] = event;
  waiting_.swap(sorted_);
}

void Readout::release(int64_t time_us, std::vector<Event>& out) {
  sort();
  if (epoch_us_ == INT64_MIN && !waiting_.empty()) epoch_us_ = waiting_.front().time_us;
  size_t taken = 0;
  for (; taken < waiting_.size() && waiting_[taken].time_us < time_us; ++taken) {
    Event event = waiting_[taken];
    if (interval_ns_ > 0) {
      const double ready_ns = std::max(free_ns_, 1e3 * static_cast<double>(event.time_us - epoch_us_));
      const int64_t leaves_us = epoch_us_ + static_cast<int64_t>(std::floor(ready_ns * 1e-3));
      if (leaves_us >= time_us) break;
      event.time_us = leaves_us;
      free_ns_ = ready_ns + interval_ns_;
    }
    out.push_back(event);
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(taken));
}

}  // namespace flashcell::host
