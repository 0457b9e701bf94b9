#include "host/event_simulator/event_statistics.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::host {
namespace {

double quantile(std::vector<int64_t>& values, double share) {
  if (values.empty()) return 0;
  const auto place = values.begin() + static_cast<ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return static_cast<double>(*place);
}

/// Numbers of events in slices of 1 ms.
std::vector<double> slices(std::span<const Event> events) {
  std::vector<double> counts(static_cast<size_t>((events.back().time_us - events.front().time_us) / 1000));
  for (const Event& event : events) {
    const auto slice = static_cast<size_t>((event.time_us - events.front().time_us) / 1000);
    if (slice < counts.size()) ++counts[slice];
  }
  return counts;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double variance_of(const std::vector<double>& values) {
  double squares = 0;
  for (const double v : values) squares += v * v;
  const double mean = mean_of(values);
  return squares / static_cast<double>(values.size()) - mean * mean;
}

void add_slices(std::span<const Event> events, EventStatistics& s) {
  const std::vector<double> counts = slices(events);
  if (counts.size() < 2) return;
  const double mean = mean_of(counts), variance = variance_of(counts);
  std::vector<double> jumps;
  for (size_t i = 1; i < counts.size(); ++i) jumps.push_back(counts[i] - counts[i - 1]);
  if (mean <= 0) return;
  s.fano_1ms = variance / mean;
  s.rate_spread_1ms = std::sqrt(std::max(0.0, variance - mean)) / mean;
  // Of independent events the difference has twice the variance.
  s.rate_jump_1ms = std::sqrt(std::max(0.0, variance_of(jumps) / 2 - mean)) / mean;
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
  add_slices(events, s);
  return s;
}

}  // namespace flashcell::host
