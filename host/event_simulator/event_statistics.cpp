#include "host/event_simulator/event_statistics.hpp"

#include <algorithm>

namespace flashcell::host {
namespace {

double quantile(std::vector<int64_t>& values, double share) {
  if (values.empty()) return 0;
  const auto place = values.begin() + static_cast<ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return static_cast<double>(*place);
}

double fano(std::span<const Event> events) {
  const int64_t begin = events.front().time_us;
  const int64_t slices = (events.back().time_us - begin) / 1000;
  if (slices < 2) return 0;
  double sum = 0, squares = 0;
  size_t next = 0;
  for (int64_t slice = 0; slice < slices; ++slice) {
    const size_t first = next;
    while (next < events.size() && events[next].time_us < begin + 1000 * (slice + 1)) ++next;
    const double count = static_cast<double>(next - first);
    sum += count;
    squares += count * count;
  }
  const double mean = sum / static_cast<double>(slices);
  return mean > 0 ? (squares / static_cast<double>(slices) - mean * mean) / mean : 0;
}

}  // namespace

EventStatistics event_statistics(std::span<const Event> events, int width, int height) {
  EventStatistics s;
  s.count = static_cast<int64_t>(events.size());
  if (events.empty()) return s;
  const size_t pixels = static_cast<size_t>(width) * height;
  std::vector<int64_t> last(pixels, INT64_MIN), intervals;
  std::vector<uint8_t> last_on(pixels);
  int64_t on = 0, active = 0, same = 0;
  for (const Event& event : events) {
    const size_t i = static_cast<size_t>(event.y) * width + event.x;
    on += event.on;
    if (last[i] == INT64_MIN) {
      ++active;
    } else {
      intervals.push_back(event.time_us - last[i]);
      same += last_on[i] == static_cast<uint8_t>(event.on);
    }
    last[i] = event.time_us;
    last_on[i] = event.on;
  }
  const double count = static_cast<double>(s.count);
  s.seconds = 1e-6 * static_cast<double>(events.back().time_us - events.front().time_us);
  s.rate_hz = s.seconds > 0 ? count / s.seconds / static_cast<double>(pixels) : 0;
  s.active_share = static_cast<double>(active) / static_cast<double>(pixels);
  s.on_share = static_cast<double>(on) / count;
  if (!intervals.empty()) s.same_polarity = static_cast<double>(same) / static_cast<double>(intervals.size());
  s.interval_5_us = quantile(intervals, 0.05);
  s.interval_median_us = quantile(intervals, 0.5);
  s.interval_95_us = quantile(intervals, 0.95);
  s.fano_1ms = fano(events);
  return s;
}

}  // namespace flashcell::host
