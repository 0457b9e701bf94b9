#include "tracking/pixel_shares.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

namespace flashcell::tracking {
namespace {

/// A crossing's ends are looked for so much too far out, of depth and in steps; depth itself then decides. More than
/// rounding can be off, less than a pixel.
constexpr double kSlack = 1e-9;
constexpr double kEndSlack = 1e-4;

int32_t floor_of(double value) {
  const auto whole = static_cast<int32_t>(value);
  return whole - (whole > value ? 1 : 0);
}

int32_t ceil_of(double value) {
  const auto whole = static_cast<int32_t>(value);
  return whole + (whole < value ? 1 : 0);
}

const auto& crossing_of(const auto& crossing) {
  if constexpr (std::is_pointer_v<std::remove_cvref_t<decltype(crossing)>>) {
    return *crossing;
  } else {
    return crossing;
  }
}

/// Of equals, the first that was known. `crossings`: in any order, at least one, or pointers to them.
const auto& deepest_of(const auto& crossings, double px) {
  const auto* deepest = &crossing_of(crossings[0]);
  double least = deepest->depth(px);
  for (size_t i = 1; i < crossings.size(); ++i) {
    const auto& other = crossing_of(crossings[i]);
    const double depth = other.depth(px);
    if (depth > least || (depth == least && other.index > deepest->index)) continue;
    least = depth;
    deepest = &other;
  }
  return *deepest;
}

/// Also of what is no number.
double within(double value, double low, double high) {
  return std::max(low, std::min(high, value));
}

}  // namespace

void PartEllipse::aim() {
  const double c = std::cos(turn), s = std::sin(turn), a = 1 / (major * major), b = 1 / (minor * minor);
  xx = a * c * c + b * s * s;
  xy = (a - b) * c * s;
  yy = a * s * s + b * c * c;
}

void sample(std::span<const PixelRun> runs, int step, std::vector<PixelRun>& sampled) {
  sampled.clear();
  for (const PixelRun& run : runs) {
    if (run.y % step != 0) continue;
    const int32_t first = (run.first + step - 1) / step, last = run.last / step;
    if (first <= last) sampled.push_back({run.y / step, first, last});
  }
}

void PixelShares::share(std::span<const PixelRun> runs, std::span<const PartEllipse> ellipses,
                        const ShareRules& rules) {
  rules_ = rules;
  step_ = rules.step;
  steps_per_pixel_ = 1 / step_;
  moment_ = step_ * step_ / 12;
  sums_.assign(ellipses.size(), PartSums());
  counted_ = covered_ = common_ = 0;
  prepare(ellipses);
  row_ = std::numeric_limits<int32_t>::min();
  for (const PixelRun& run : runs) {
    counted_ += run.last - run.first + 1;
    if (run.y != row_) enter(run.y);
    if (crossings_.empty()) continue;
    find_through(run);
    if (!give_whole(run)) sweep(run);
  }
}

void PixelShares::prepare(std::span<const PartEllipse> ellipses) {
  constexpr double kFar = 1e9;  // rows that fit an integer
  shapes_.clear();
  for (size_t i = 0; i < ellipses.size(); ++i) {
    const PartEllipse& e = ellipses[i];
    Shape shape{
        e.x, e.y, e.xx, e.xy, e.yy, -e.xy / e.xx, e.yy - e.xy * e.xy / e.xx, 1 / e.xx, 0, 0, static_cast<uint32_t>(i)};
    const double tall = std::sqrt((rules_.reach + kSlack) / shape.rise);
    shape.top = ceil_of(within((e.y - tall) / rules_.step - kEndSlack, -kFar, kFar));
    shape.bottom = floor_of(within((e.y + tall) / rules_.step + kEndSlack, -kFar, kFar));
    shapes_.push_back(shape);
  }
  std::sort(shapes_.begin(), shapes_.end(),
            [](const Shape& a, const Shape& b) { return a.top != b.top ? a.top < b.top : a.index < b.index; });
  waiting_ = 0;
  open_.clear();
}

void PixelShares::enter(int32_t row) {
  row_ = row;
  while (waiting_ < shapes_.size() && shapes_[waiting_].top <= row) open_.push_back(static_cast<uint32_t>(waiting_++));
  const double y = row * step_;
  crossings_.resize(open_.size());
  size_t kept = 0;
  for (const uint32_t i : open_) {
    const Shape& shape = shapes_[i];
    if (shape.bottom < row) continue;
    const double dy = y - shape.y;
    Crossing& crossing = crossings_[kept];
    open_[kept++] = i;
    crossing.index = shape.index;
    crossing.x = shape.x;
    crossing.dy = dy;
    crossing.xx = shape.xx;
    crossing.slope = 2 * shape.xy * dy;
    crossing.base = shape.yy * dy * dy;
    crossing.middle = shape.x + shape.lean * dy;
    crossing.least = shape.rise * dy * dy;
    crossing.width = shape.width;
  }
  open_.resize(kept);
  crossings_.resize(kept);
}

/// By the depth at the place of the run that is deepest.
void PixelShares::find_through(const PixelRun& run) {
  const double first = run.first * step_, last = run.last * step_;
  through_.clear();
  for (Crossing& crossing : crossings_) {
    if (crossing.least > 1 + kSlack) continue;
    if (crossing.depth(within(crossing.middle, first, last)) <= 1 + kSlack) through_.push_back(&crossing);
  }
}

/// Whether a pixel outside of an ellipse is its own all the same.
bool PixelShares::has(const Crossing& crossing, double px, double depth) const {
  if (depth > rules_.reach) return false;
  for (const Crossing& other : crossings_) {
    if (&other != &crossing && other.depth(px) <= depth) return false;
  }
  return true;
}

/// To the only one that goes through the run, if it has also the few pixels at the run's ends that it is not inside of.
/// So it is with most runs.
bool PixelShares::give_whole(const PixelRun& run) {
  if (through_.size() != 1) return false;
  const Crossing& crossing = *through_[0];
  int32_t first = run.first, last = run.last;
  for (; first <= last; ++first) {
    const double px = first * step_, depth = crossing.depth(px);
    if (depth <= 1) break;
    if (!has(crossing, px, depth)) return false;
  }
  for (; first < last; --last) {
    const double px = last * step_, depth = crossing.depth(px);
    if (depth <= 1) break;
    if (!has(crossing, px, depth)) return false;
  }
  covered_ += last - first + 1;
  take(crossing, run.first, run.last);
  return true;
}

/// False if none of the run's pixels is inside.
bool PixelShares::find_ends(const PixelRun& run, Crossing& crossing) const {
  const double half = std::sqrt(std::max(0.0, 1 + kSlack - crossing.least) * crossing.width);
  const double left = (crossing.middle - half) * steps_per_pixel_, right = (crossing.middle + half) * steps_per_pixel_;
  crossing.first = ceil_of(within(left - kEndSlack, run.first, run.last + 1.0));
  crossing.last = floor_of(within(right + kEndSlack, run.first - 1.0, run.last));
  if (crossing.depth(crossing.first * step_) > 1) ++crossing.first;
  if (crossing.depth(crossing.last * step_) > 1) --crossing.last;
  return crossing.first <= crossing.last;
}

/// From one end of a crossing to the next.
void PixelShares::sweep(const PixelRun& run) {
  size_t count = 0;
  for (Crossing* crossing : through_) {
    if (!find_ends(run, *crossing)) continue;
    size_t place = count++;
    for (; place > 0 && through_[place - 1]->first > crossing->first; --place) through_[place] = through_[place - 1];
    through_[place] = crossing;
  }
  inside_.clear();
  size_t next = 0;
  for (int32_t x = run.first; x <= run.last;) {
    while (next < count && through_[next]->first <= x) inside_.push_back(through_[next++]);
    int32_t end = next < count ? through_[next]->first - 1 : run.last;
    size_t kept = 0;
    for (const Crossing* crossing : inside_) {
      if (crossing->last < x) continue;
      inside_[kept++] = crossing;
      end = std::min(end, crossing->last);
    }
    inside_.resize(kept);
    give(x, end);
    x = end + 1;
  }
  finish_alone();
}

/// Pixels that are all inside of the same ellipses.
void PixelShares::give(int32_t first, int32_t last) {
  const double count = last - first + 1;
  if (!inside_.empty()) covered_ += count;
  if (inside_.size() == 1) {
    give_alone(*inside_[0], first, last);
  } else if (inside_.empty()) {
    for (int32_t x = first; x <= last; ++x) {
      const double px = x * step_;
      const Crossing& nearest = deepest_of(crossings_, px);
      if (nearest.depth(px) <= rules_.reach) give_alone(nearest, x, x);
    }
  } else {
    common_ += count * static_cast<double>(inside_.size() - 1);
    give_common(first, last);
  }
}

/// Pixels inside of several: a share to each, and the rest to the one that it is deepest in.
void PixelShares::give_common(int32_t first, int32_t last) {
  const double share = rules_.common_share;
  if (share > 0) {
    for (const Crossing* crossing : inside_) {
      add(*crossing, first, last, share);
      if (share >= 0.5) reach(*crossing, first, last);
    }
  }
  if (share >= 1) return;
  const Crossing* owner = &deepest_of(inside_, first * step_);
  const auto finish = [&](int32_t end) {
    add(*owner, first, end, 1 - share);
    reach(*owner, first, end);
  };
  for (int32_t x = first + 1; x <= last; ++x) {
    const Crossing* deepest = &deepest_of(inside_, x * step_);
    if (deepest == owner) continue;
    finish(x - 1);
    first = x;
    owner = deepest;
  }
  finish(last);
}

void PixelShares::give_alone(const Crossing& crossing, int32_t first, int32_t last) {
  if (alone_.owner == &crossing && first == alone_.last + 1) {
    alone_.last = last;
    return;
  }
  finish_alone();
  alone_ = {&crossing, first, last};
}

void PixelShares::finish_alone() {
  if (alone_.owner != nullptr) take(*alone_.owner, alone_.first, alone_.last);
  alone_.owner = nullptr;
}

void PixelShares::take(const Crossing& crossing, int32_t first, int32_t last) {
  add(crossing, first, last, 1);
  reach(crossing, first, last);
  sums_[crossing.index].alone += last - first + 1;
}

void PixelShares::add(const Crossing& crossing, int32_t first, int32_t last, double weight) {
  const double count = last - first + 1, all = weight * count;
  const double dx = (first + last) * 0.5 * step_ - crossing.x, dy = crossing.dy, x = all * dx, y = all * dy;
  PartSums& sums = sums_[crossing.index];
  sums.weight += all;
  sums.x += x;
  sums.y += y;
  sums.xx += x * dx + all * moment_ * (count * count - 1);
  sums.xy += x * dy;
  sums.yy += y * dy;
}

void PixelShares::reach(const Crossing& crossing, int32_t first, int32_t last) {
  PartSums& sums = sums_[crossing.index];
  sums.left = std::min(sums.left, first);
  sums.right = std::max(sums.right, last);
  sums.top = std::min(sums.top, row_);
  sums.bottom = row_;  // rows come from the top
}

}  // namespace flashcell::tracking
