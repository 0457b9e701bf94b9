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
constexpr double kFar = 1e9;  ///< rows and columns that fit an integer

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
    if (depth > least || (depth == least && other.shape->index > deepest->shape->index)) continue;
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
  claims_.assign(ellipses.size(), Claims());
  counted_ = covered_ = common_ = 0;
  prepare(ellipses);
  row_ = std::numeric_limits<int32_t>::min();
  for (const PixelRun& run : runs) {
    counted_ += run.last - run.first + 1;
    if (run.y != row_) enter(run.y);
    if (crossings_.empty()) continue;
    if (crossings_.size() > 1 || !give_whole(run, crossings_[0])) sweep(run);
  }
  settle();
}

void PixelShares::prepare(std::span<const PartEllipse> ellipses) {
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

/// The share of what is common that makes up for what is hidden.
void PixelShares::settle() {
  common_share_ = common_ > 0 ? std::min(1.0, rules_.hidden * counted_ / common_) : 0;
  sums_.clear();
  for (const Claims& claims : claims_) {
    const Sums &alone = claims.alone, &common = claims.common, &deepest = claims.deepest;
    const auto total = [&](double Sums::*sum) {
      return alone.*sum + common_share_ * (common.*sum) + (1 - common_share_) * (deepest.*sum);
    };
    // Around what is mostly its own.
    const Sums& further = common_share_ >= 0.5 ? common : deepest;
    sums_.push_back({total(&Sums::weight), total(&Sums::x), total(&Sums::y), total(&Sums::xx), total(&Sums::xy),
                     total(&Sums::yy), alone.weight, std::min(alone.left, further.left),
                     std::max(alone.right, further.right), std::min(alone.top, further.top),
                     std::max(alone.bottom, further.bottom)});
  }
}

void PixelShares::enter(int32_t row) {
  row_ = row;
  while (waiting_ < shapes_.size() && shapes_[waiting_].top <= row) open_.push_back(static_cast<uint32_t>(waiting_++));
  crossings_.resize(open_.size());
  size_t kept = 0;
  for (const uint32_t i : open_) {
    const Shape& shape = shapes_[i];
    if (shape.bottom < row) continue;
    Crossing& crossing = crossings_[kept];
    open_[kept++] = i;
    const double dy = row * step_ - shape.y;
    crossing.shape = &shape;
    crossing.dy = dy;
    crossing.slope = 2 * shape.xy * dy;
    crossing.base = shape.yy * dy * dy;
  }
  open_.resize(kept);
  crossings_.resize(kept);
  ends_known_ = false;
}

void PixelShares::find_ends(Crossing& crossing) const {
  const Shape& shape = *crossing.shape;
  crossing.first = 0;
  crossing.last = -1;
  const double room = 1 + kSlack - shape.rise * crossing.dy * crossing.dy;
  if (room < 0) return;
  const double middle = shape.x + shape.lean * crossing.dy, half = std::sqrt(room * shape.width);
  crossing.first = ceil_of(within((middle - half) * steps_per_pixel_ - kEndSlack, -kFar, kFar));
  crossing.last = floor_of(within((middle + half) * steps_per_pixel_ + kEndSlack, -kFar, kFar));
  if (crossing.depth(crossing.first * step_) > 1) ++crossing.first;
  if (crossing.depth(crossing.last * step_) > 1) --crossing.last;
}

/// To the only ellipse near this row, if the run's ends are within its reach: what is between them is deeper in it. So
/// it is with most runs.
bool PixelShares::give_whole(const PixelRun& run, const Crossing& crossing) {
  int32_t first = run.first, last = run.last;
  double depth = crossing.depth(first * step_);
  if (!(depth <= rules_.reach)) return false;
  while (depth > 1 && first < last) depth = crossing.depth(++first * step_);
  double end = crossing.depth(last * step_);
  if (!(end <= rules_.reach)) return false;
  while (end > 1 && last > first) end = crossing.depth(--last * step_);
  if (depth <= 1) covered_ += last - first + 1;
  add(crossing, run.first, run.last, claims_[crossing.shape->index].alone);
  return true;
}

/// From one end of a crossing to the next.
void PixelShares::sweep(const PixelRun& run) {
  if (!ends_known_) {
    for (Crossing& crossing : crossings_) find_ends(crossing);
    ends_known_ = true;
  }
  for (int32_t x = run.first; x <= run.last;) {
    int32_t end = run.last;
    inside_.clear();
    for (const Crossing& crossing : crossings_) {
      if (crossing.last < x) continue;
      if (crossing.first > x) {
        end = std::min(end, crossing.first - 1);
        continue;
      }
      inside_.push_back(&crossing);
      end = std::min(end, crossing.last);
    }
    if (inside_.empty()) {
      give_nearest(x, end);
    } else {
      covered_ += end - x + 1;
      if (inside_.size() == 1) {
        give_alone(*inside_[0], x, end);
      } else {
        give_common(x, end);
      }
    }
    x = end + 1;
  }
  finish_alone();
}

/// Pixels that are inside of none.
void PixelShares::give_nearest(int32_t first, int32_t last) {
  for (int32_t x = first; x <= last; ++x) {
    const double px = x * step_;
    const Crossing& nearest = deepest_of(crossings_, px);
    if (nearest.depth(px) <= rules_.reach) give_alone(nearest, x, x);
  }
}

/// Pixels that are all inside of the same ones.
void PixelShares::give_common(int32_t first, int32_t last) {
  common_ += static_cast<double>(last - first + 1) * static_cast<double>(inside_.size() - 1);
  for (const Crossing* crossing : inside_) add(*crossing, first, last, claims_[crossing->shape->index].common);
  give_deepest(first, last);
}

/// Each to the one that it is deepest in, as far as that is the same.
void PixelShares::give_deepest(int32_t first, int32_t last) {
  while (first <= last) {
    const Crossing& owner = deepest_of(inside_, first * step_);
    const int32_t end = inside_.size() == 2 ? end_of_two(owner, first, last) : end_of(owner, first, last);
    add(owner, first, end, claims_[owner.shape->index].deepest);
    first = end + 1;
  }
}

int32_t PixelShares::end_of(const Crossing& owner, int32_t first, int32_t last) const {
  while (first < last && &deepest_of(inside_, (first + 1) * step_) == &owner) ++first;
  return first;
}

/// The difference of two depths is a parabola: where that only rises or falls the end is found by halving.
int32_t PixelShares::end_of_two(const Crossing& owner, int32_t first, int32_t last) const {
  const Crossing& other = *inside_[inside_[0] == &owner ? 1 : 0];
  const auto rise = [&](int32_t x) { return owner.rise(x * step_) - other.rise(x * step_); };
  if ((rise(first) < 0) != (rise(last) < 0)) return end_of(owner, first, last);
  const auto is_owner = [&](int32_t x) { return &deepest_of(inside_, x * step_) == &owner; };
  if (is_owner(last)) return last;
  int32_t beyond = last;
  while (beyond - first > 1) {
    const int32_t middle = first + (beyond - first) / 2;
    (is_owner(middle) ? first : beyond) = middle;
  }
  return first;
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
  if (alone_.owner != nullptr) add(*alone_.owner, alone_.first, alone_.last, claims_[alone_.owner->shape->index].alone);
  alone_.owner = nullptr;
}

void PixelShares::add(const Crossing& crossing, int32_t first, int32_t last, Sums& sums) {
  const double count = last - first + 1;
  const double dx = (first + last) * 0.5 * step_ - crossing.shape->x, dy = crossing.dy, x = count * dx, y = count * dy;
  sums.weight += count;
  sums.x += x;
  sums.y += y;
  sums.xx += x * dx + count * moment_ * (count * count - 1);
  sums.xy += x * dy;
  sums.yy += y * dy;
  sums.left = std::min(sums.left, first);
  sums.right = std::max(sums.right, last);
  sums.top = std::min(sums.top, row_);
  sums.bottom = row_;  // rows come from the top
}

}  // namespace flashcell::tracking
