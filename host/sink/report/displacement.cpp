#include "host/sink/report/displacement.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::host {

MeanSquaredDisplacement::Track* MeanSquaredDisplacement::track_of(uint32_t id, int64_t frame) {
  if (const auto found = index_.find(id); found != index_.end()) return &tracks_[found->second];
  if (tracks_.size() < kMostTracks) {
    index_.emplace(id, tracks_.size());
    tracks_.emplace_back();
    tracks_.back().id = id;
    return &tracks_.back();
  }
  if (full_in_frame_ == frame) return nullptr;
  // The place of the track that was seen longest ago.
  const auto oldest = std::min_element(tracks_.begin(), tracks_.end(), [](const Track& a, const Track& b) {
    return a.last_frame != b.last_frame ? a.last_frame < b.last_frame : a.id < b.id;
  });
  if (oldest->last_frame >= frame - 1) {
    full_in_frame_ = frame;
    return nullptr;
  }
  index_.erase(oldest->id);
  index_.emplace(id, static_cast<size_t>(oldest - tracks_.begin()));
  *oldest = Track();
  oldest->id = id;
  return &*oldest;
}

void MeanSquaredDisplacement::pair_up(const std::array<Sample, kSamples>& samples, size_t level, const Sample& now) {
  for (size_t steps = level == 0 ? 1 : kHalf; steps < kSamples; ++steps) {
    const int64_t then = now.number - static_cast<int64_t>(steps);
    const Sample& sample = samples[static_cast<size_t>(then) % kSamples];
    if (then < 0 || sample.number != then) continue;
    const double dx = double{now.x} - sample.x, dy = double{now.y} - sample.y;
    sums_[level][steps].squares += dx * dx + dy * dy;
    ++sums_[level][steps].pairs;
  }
}

void MeanSquaredDisplacement::add(uint32_t id, int64_t frame, double x, double y) {
  if (frame < 0 || !std::isfinite(x) || !std::isfinite(y)) return;
  Track* track = track_of(id, frame);
  if (track == nullptr) return;
  track->last_frame = frame;
  for (size_t level = 0; level < kLevels && frame % (int64_t{1} << level) == 0; ++level) {
    const Sample now{frame >> level, static_cast<float>(x), static_cast<float>(y)};
    pair_up(track->levels[level], level, now);
    track->levels[level][static_cast<size_t>(now.number) % kSamples] = now;
  }
}

std::vector<MeanSquaredDisplacement::Point> MeanSquaredDisplacement::points() const {
  std::vector<Point> points;
  for (size_t level = 0; level < kLevels; ++level) {
    for (size_t steps = level == 0 ? 1 : kHalf; steps < kSamples; ++steps) {
      const Sum& sum = sums_[level][steps];
      if (sum.pairs == 0) continue;
      points.push_back({static_cast<int64_t>(steps) << level, sum.squares / static_cast<double>(sum.pairs), sum.pairs});
    }
  }
  return points;
}

std::optional<PowerLaw> fit_power_law(const std::vector<MeanSquaredDisplacement::Point>& points, int64_t longest_lag) {
  double n = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  PowerLaw law;
  for (const MeanSquaredDisplacement::Point& p : points) {
    if (p.lag > longest_lag || !(p.mean > 0)) continue;
    const double x = std::log(static_cast<double>(p.lag)), y = std::log(p.mean);
    n += 1, sum_x += x, sum_y += y, sum_xx += x * x, sum_xy += x * y;
    if (law.shortest == 0) law.shortest = p.lag;
    law.longest = p.lag;
  }
  if (n < 3) return std::nullopt;
  law.exponent = (n * sum_xy - sum_x * sum_y) / (n * sum_xx - sum_x * sum_x);
  law.factor = std::exp((sum_y - law.exponent * sum_x) / n);
  return law;
}

}  // namespace flashcell::host
