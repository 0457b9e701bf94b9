#include "tracking/box_history.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace flashcell::tracking {
namespace {

constexpr double kWindowTolerance = 3;   ///< standard deviations by which windows may differ
constexpr double kTimeRounding = 1e-6;   ///< s, of time stamps
constexpr double kRoughnessRate = 0.05;  ///< weight of the newest frame
constexpr int kMostHalvings = 16;        ///< of a window
constexpr size_t kLeastForgotten = 32;

/// Centre and extent.
std::array<double, 4> values_of(const Box& box) {
  return {box.left + box.width / 2, box.top + box.height / 2, box.width, box.height};
}

/// A line fitted to measurements at times whose sums are known: its value at time 0 is of theirs (v, tv: sums of values
/// and of times by values) v_weight * v + tv_weight * tv, with the standard deviation `error` for a measurement's of 1.
struct LineFit {
  double v_weight, tv_weight, error;
};

/// `t`, `tt`: sums over `n` times and their squares. Fewer than three have a mean only.
LineFit fit_line(double n, double t, double tt) {
  const double determinant = n * tt - t * t;
  if (n < 3 || determinant <= 1e-12 * n * tt) return {1 / n, 0, std::sqrt(1 / n)};
  return {tt / determinant, -t / determinant, std::sqrt(tt / determinant)};
}

}  // namespace

void BoxHistory::add_sums(const BoxSight& sight) {
  const std::array<double, 4> values = values_of(sight.measured);
  if (sums_.empty()) {
    origin_time_ = sight.time;
    origin_ = values;
  }
  Sums sums = sums_.empty() ? Sums{} : sums_.back();
  const double t = sight.time - origin_time_;
  sums.t += t;
  sums.tt += t * t;
  for (size_t k = 0; k < values.size(); ++k) {
    sums.v[k] += values[k] - origin_[k];
    sums.tv[k] += t * (values[k] - origin_[k]);
  }
  sums_.push_back(sums);
}

void BoxHistory::push(const BoxSight& sight) {
  sights_.push_back(sight);
  times_.push_back(sight.time);
  learn_roughness();
  add_sums(sight);
}

void BoxHistory::learn_roughness() {
  if (sights_.size() < 3) return;
  const BoxSight *a = &sights_.back() - 2, *b = a + 1, *c = b + 1;
  if (a->detection < 0 || b->detection < 0 || c->detection < 0) return;
  const auto u = values_of(a->measured), v = values_of(b->measured), w = values_of(c->measured);
  double squares = 0;
  for (const size_t k : {size_t{0}, size_t{1}}) squares += std::pow(u[k] - 2 * v[k] + w[k], 2);
  roughness_ += std::max(kRoughnessRate, 1.0 / ++rough_) * (squares - roughness_);
}

void BoxHistory::reserve(size_t sights) {
  sights_.reserve(sights);
  times_.reserve(sights);
  sums_.reserve(sights);
}

void BoxHistory::clear() {
  roughness_ = 0;
  rough_ = 0;
  sights_.clear();
  times_.clear();
  sums_.clear();
}

Box BoxHistory::smooth(size_t index, double half_width, double sigma) const {
  const double at = sights_[index].time;
  const std::array<double, 4> measured = values_of(sights_[index].measured);
  std::array<double, 4> best = measured, low, high;
  std::array<bool, 4> agrees{true, true, true, true};
  for (size_t k = 0; k < best.size(); ++k) {
    low[k] = best[k] - kWindowTolerance * sigma;
    high[k] = best[k] + kWindowTolerance * sigma;
  }
  double nearest = std::numeric_limits<double>::infinity();
  if (index > 0) nearest = at - times_[index - 1];
  if (index + 1 < times_.size()) nearest = std::min(nearest, times_[index + 1] - at);
  int halvings = 0;
  double share = 1;
  for (; halvings < kMostHalvings && half_width * share / 2 + kTimeRounding >= nearest; ++halvings) share /= 2;
  for (; halvings >= 0; --halvings, share *= 2) {
    const double width = half_width * share + kTimeRounding;
    const auto first = std::lower_bound(times_.begin(), times_.end(), at - width);
    const auto end = std::lower_bound(first, times_.end(), at + width);
    const size_t begin = first - times_.begin(), last = end - times_.begin() - 1;
    const Sums none, &before = begin > 0 ? sums_[begin - 1] : none, &upto = sums_[last];
    const auto n = static_cast<double>(last - begin + 1);
    // Times from this sight's.
    const double shift = at - origin_time_, sum = upto.t - before.t;
    const LineFit fit = fit_line(n, sum - n * shift, upto.tt - before.tt - 2 * shift * sum + n * shift * shift);
    for (size_t k = 0; k < best.size(); ++k) {
      if (!agrees[k]) continue;
      const double v = upto.v[k] - before.v[k], tv = upto.tv[k] - before.tv[k] - shift * v;
      const double value = origin_[k] + fit.v_weight * v + fit.tv_weight * tv;
      low[k] = std::max(low[k], value - kWindowTolerance * sigma * fit.error);
      high[k] = std::min(high[k], value + kWindowTolerance * sigma * fit.error);
      agrees[k] = low[k] <= high[k];
      if (agrees[k]) best[k] = value;
    }
  }
  // A line that shrinks may end below nothing.
  for (const size_t k : {size_t{2}, size_t{3}}) best[k] = std::max(best[k], measured[k] / 2);
  return {best[0] - best[2] / 2, best[1] - best[3] / 2, best[2], best[3]};
}

size_t BoxHistory::forget_before(double time) {
  const auto old = std::lower_bound(times_.begin(), times_.end(), time);
  const size_t count = old - times_.begin();
  if (count < kLeastForgotten || count < sights_.size() / 2) return 0;
  sights_.erase(sights_.begin(), sights_.begin() + static_cast<std::ptrdiff_t>(count));
  times_.erase(times_.begin(), old);
  sums_.clear();
  for (const BoxSight& sight : sights_) add_sums(sight);
  return count;
}

}  // namespace flashcell::tracking
