#include "tracking/row_shares.hpp"

#include <algorithm>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tracking/row_shares.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::tracking {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<double, 8>;
using V = hn::VFromD<D>;
using M = decltype(hn::MaskFromVec(hn::Zero(D())));
using Batch = RowShares::Batch;

/// A crossing's ends are looked for so much too far out, of depth and in steps; depth itself then decides. More than
/// rounding can be off, less than a pixel.
constexpr double kSlack = 1e-9;
constexpr double kEndSlack = 1e-4;
constexpr double kFar = 1e9;
constexpr size_t kTerms = 4;  // numbers of an ellipse in a row that its depth there follows from, and its ends' depths

struct Interval {
  V first, last;  // steps
};

HWY_INLINE V pixels_in(D d, const Interval& i) {
  return hn::Max(hn::Zero(d), hn::Add(hn::Sub(i.last, i.first), hn::Set(d, 1)));
}

HWY_INLINE Interval both(const Interval& a, const Interval& b) {
  return {hn::Max(a.first, b.first), hn::Min(a.last, b.last)};
}

HWY_INLINE Interval read(D d, const double* first, const double* last, size_t at) {
  return {hn::LoadU(d, first + at), hn::LoadU(d, last + at)};
}

/// An ellipse in some rows.
struct Crossing {
  V x, xx, slope, base;

  // No MulAdd: only some machines fuse it.
  HWY_INLINE V depth(V px) const {
    const V dx = hn::Sub(px, x);
    return hn::Add(hn::Mul(hn::Add(hn::Mul(xx, dx), slope), dx), base);
  }
  HWY_INLINE V rise(D d, V px) const { return hn::Add(hn::Mul(hn::Mul(hn::Set(d, 2), xx), hn::Sub(px, x)), slope); }
};

HWY_INLINE Crossing crossing_of(D d, const RowEllipse& e, const double* terms) {
  return {hn::Set(d, e.x), hn::Set(d, e.xx), hn::LoadU(d, terms), hn::LoadU(d, terms + hn::Lanes(d))};
}

/// The part of `run` that is at most so deep.
HWY_INLINE Interval within(D d, const Batch& batch, const RowEllipse& e, const Crossing& crossing, V dy, double depth,
                           const Interval& run) {
  const V step = hn::Set(d, batch.step), per_step = hn::Set(d, 1 / batch.step), most = hn::Set(d, depth);
  const V slack = hn::Set(d, kEndSlack), far = hn::Set(d, kFar), one = hn::Set(d, 1);
  const V room = hn::Sub(hn::Set(d, depth + kSlack), hn::Mul(hn::Mul(hn::Set(d, e.rise), dy), dy));
  const M any = hn::Ge(room, hn::Zero(d));
  const V middle = hn::Add(hn::Set(d, e.x), hn::Mul(hn::Set(d, e.lean), dy));
  const V half = hn::Sqrt(hn::Mul(hn::Max(room, hn::Zero(d)), hn::Set(d, e.width)));
  V first = hn::Ceil(hn::Sub(hn::Mul(hn::Sub(middle, half), per_step), slack));
  V last = hn::Floor(hn::Add(hn::Mul(hn::Add(middle, half), per_step), slack));
  first = hn::Add(first, hn::IfThenElseZero(hn::Gt(crossing.depth(hn::Mul(first, step)), most), one));
  last = hn::Sub(last, hn::IfThenElseZero(hn::Gt(crossing.depth(hn::Mul(last, step)), most), one));
  return both(run, {hn::IfThenElse(any, first, far), last});
}

/// Where in a run, from end to end, the one of two that comes first in their list is the deeper one.
struct Contest {
  Interval first_wins, second_wins;
  M two_parts;  // one of them wins at both ends, the other one between them
};

HWY_INLINE Contest contest(D d, double step_size, const Crossing& a, const Crossing& b, const double* a_terms,
                           const double* b_terms, const Interval& run) {
  const size_t lanes = hn::Lanes(d);
  const V step = hn::Set(d, step_size), one = hn::Set(d, 1);
  const auto wins = [&](V at) {
    const V px = hn::Mul(at, step);
    return hn::Le(a.depth(px), b.depth(px));
  };
  const V left = hn::Sub(hn::LoadU(d, a_terms + 2 * lanes), hn::LoadU(d, b_terms + 2 * lanes));
  const V right = hn::Sub(hn::LoadU(d, a_terms + 3 * lanes), hn::LoadU(d, b_terms + 3 * lanes));
  const M at_first = hn::Le(left, hn::Zero(d)), at_last = hn::Le(right, hn::Zero(d));
  const M change = hn::Xor(at_first, at_last);
  // Between `low`, which is as the run's first pixel, and `high`, which is not: first where a straight line would have
  // it, then by halving.
  V low = run.first, high = hn::IfThenElse(change, run.last, hn::Add(run.last, one));
  if (!hn::AllFalse(d, change)) {
    const auto narrow = [&](V at) {
      const M same = hn::Not(hn::Xor(wins(at), at_first));
      const M between = hn::And(change, hn::And(hn::Gt(at, low), hn::Lt(at, high)));
      low = hn::IfThenElse(hn::And(between, same), at, low);
      high = hn::IfThenElse(hn::AndNot(same, between), at, high);
    };
    const V span = hn::Sub(run.last, run.first);
    const V guess =
        hn::Floor(hn::Add(run.first, hn::Div(hn::Mul(span, left), hn::IfThenElse(change, hn::Sub(left, right), one))));
    narrow(guess);
    narrow(hn::Add(guess, one));
    while (!hn::AllFalse(d, hn::And(change, hn::Gt(hn::Sub(high, low), one))))
      narrow(hn::Floor(hn::Mul(hn::Add(low, high), hn::Set(d, 0.5))));
  }
  const V end = hn::IfThenElse(change, low, run.last);
  const Interval before{run.first, end}, behind{hn::Add(end, one), run.last};
  Contest result;
  result.first_wins = {hn::IfThenElse(at_first, before.first, behind.first),
                       hn::IfThenElse(at_first, before.last, behind.last)};
  result.second_wins = {hn::IfThenElse(at_first, behind.first, before.first),
                        hn::IfThenElse(at_first, behind.last, before.last)};
  // The difference of two depths is a parabola: with the same winner at both ends it may have another about its top.
  const V left_rise = hn::Sub(a.rise(d, hn::Mul(run.first, step)), b.rise(d, hn::Mul(run.first, step)));
  const V right_rise = hn::Sub(a.rise(d, hn::Mul(run.last, step)), b.rise(d, hn::Mul(run.last, step)));
  const M turns = hn::AndNot(change, hn::Xor(hn::Lt(left_rise, hn::Zero(d)), hn::Lt(right_rise, hn::Zero(d))));
  result.two_parts = hn::MaskFromVec(hn::Zero(d));
  if (!hn::AllFalse(d, turns)) {
    const V top = hn::Floor(hn::Add(run.first, hn::Div(hn::Mul(hn::Sub(run.last, run.first), left_rise),
                                                       hn::IfThenElse(turns, hn::Sub(left_rise, right_rise), one))));
    const V next = hn::Min(hn::Add(top, one), run.last);
    const M other = hn::Or(hn::Xor(wins(top), at_first), hn::Xor(wins(next), at_first));
    result.two_parts = hn::And(turns, other);
  }
  return result;
}

/// Of the rows `at` .. and each active ellipse that may reach them: where it crosses them, and where it is the deepest.
HWY_INLINE void find_intervals(D d, const Batch& batch, size_t at) {
  const size_t lanes = hn::Lanes(d), count = batch.active.size();
  const V step = hn::Set(d, batch.step), y = hn::LoadU(d, batch.y + at);
  const Interval run = read(d, batch.first, batch.last, at);
  const double top = batch.y[at], bottom = batch.y[std::min(at + lanes, batch.rows) - 1];
  const auto reaches = [&](const RowEllipse& e) { return e.top <= bottom && e.bottom >= top; };
  for (size_t i = 0; i < count; ++i) {
    const RowEllipse& e = batch.ellipses[batch.active[i]];
    const size_t place = i * RowShares::kBatch + at;
    double* const terms = batch.terms + i * kTerms * lanes;
    Interval inside{hn::Set(d, kFar), hn::Set(d, -kFar)}, own = inside;
    if (reaches(e)) {
      const V dy = hn::Sub(hn::Mul(y, step), hn::Set(d, e.y));
      hn::StoreU(hn::Mul(hn::Set(d, 2 * e.xy), dy), d, terms);
      hn::StoreU(hn::Mul(hn::Mul(hn::Set(d, e.yy), dy), dy), d, terms + lanes);
      const Crossing crossing = crossing_of(d, e, terms);
      hn::StoreU(crossing.depth(hn::Mul(run.first, step)), d, terms + 2 * lanes);
      hn::StoreU(crossing.depth(hn::Mul(run.last, step)), d, terms + 3 * lanes);
      inside = within(d, batch, e, crossing, dy, 1, run);
      own = within(d, batch, e, crossing, dy, batch.reach, run);
    }
    hn::StoreU(inside.first, d, batch.inside_first + place);
    hn::StoreU(inside.last, d, batch.inside_last + place);
    hn::StoreU(own.first, d, batch.own_first + place);
    hn::StoreU(own.last, d, batch.own_last + place);
  }
  M two_parts = hn::MaskFromVec(hn::Zero(d));
  for (size_t i = 1; i < count; ++i) {
    const RowEllipse& b = batch.ellipses[batch.active[i]];
    if (!reaches(b)) continue;
    const double* const b_terms = batch.terms + i * kTerms * lanes;
    const size_t b_place = i * RowShares::kBatch + at;
    const Crossing b_crossing = crossing_of(d, b, b_terms);
    for (size_t k = 0; k < i; ++k) {
      const RowEllipse& a = batch.ellipses[batch.active[k]];
      if (!reaches(a)) continue;
      const size_t a_place = k * RowShares::kBatch + at;
      const Interval a_own = read(d, batch.own_first, batch.own_last, a_place),
                     b_own = read(d, batch.own_first, batch.own_last, b_place);
      const Interval wanted_by_both = both(a_own, b_own);
      const M contested = hn::Le(wanted_by_both.first, wanted_by_both.last);
      if (hn::AllFalse(d, contested)) continue;
      const double* const a_terms = batch.terms + k * kTerms * lanes;
      const Contest result = contest(d, batch.step, crossing_of(d, a, a_terms), b_crossing, a_terms, b_terms, run);
      two_parts = hn::Or(two_parts, hn::And(contested, result.two_parts));
      const auto keep = [&](const Interval& own, const Interval& won, size_t place) {
        const Interval left = both(own, won);
        hn::StoreU(hn::IfThenElse(contested, left.first, own.first), d, batch.own_first + place);
        hn::StoreU(hn::IfThenElse(contested, left.last, own.last), d, batch.own_last + place);
      };
      keep(a_own, result.first_wins, a_place);
      keep(b_own, result.second_wins, b_place);
    }
  }
  if (hn::AllFalse(d, two_parts)) return;
  alignas(8) uint8_t bits[8] = {};
  hn::StoreMaskBits(d, two_parts, bits);
  for (size_t lane = 0; lane < lanes && at + lane < batch.rows; ++lane) {
    if ((bits[0] >> lane & 1) == 0) continue;
    batch.left_over->push_back(static_cast<uint32_t>(at + lane));
    for (size_t i = 0; i < count; ++i) {
      const size_t place = i * RowShares::kBatch + at + lane;
      batch.inside_first[place] = batch.own_first[place] = kFar;
      batch.inside_last[place] = batch.own_last[place] = -kFar;
    }
  }
}

/// How many pixels of `wanted` are in other ellipses' crossings as well.
HWY_INLINE V in_others(D d, const Batch& batch, size_t ellipse, size_t at, const Interval& wanted) {
  const V one = hn::Set(d, 1), far = hn::Set(d, kFar);
  V count = hn::Zero(d), from = wanted.first;
  for (size_t turn = 1; turn < batch.active.size(); ++turn) {
    // The next stretch of them, from the left.
    V first = far, last = hn::Set(d, -kFar);
    for (size_t i = 0; i < batch.active.size(); ++i) {
      if (i == ellipse) continue;
      const size_t place = i * RowShares::kBatch + at;
      const Interval other = both(read(d, batch.inside_first, batch.inside_last, place), {from, wanted.last});
      const M nearer = hn::And(hn::Le(other.first, other.last), hn::Lt(other.first, first));
      first = hn::IfThenElse(nearer, other.first, first);
      last = hn::IfThenElse(nearer, other.last, last);
    }
    const V found = pixels_in(d, {first, last});
    const M any = hn::Gt(found, hn::Zero(d));
    if (hn::AllFalse(d, any)) break;
    count = hn::Add(count, found);
    from = hn::IfThenElse(any, hn::Add(last, one), from);
  }
  return count;
}

/// Sums over pixels of rows, a row in each lane.
struct LaneSums {
  V count, x2, xx12, y, xy2, yy;

  explicit LaneSums(D d)
      : count(hn::Zero(d)), x2(hn::Zero(d)), xx12(hn::Zero(d)), y(hn::Zero(d)), xy2(hn::Zero(d)), yy(hn::Zero(d)) {}

  HWY_INLINE void add(V n, V n_x2, V n_xx12, V row) {
    count = hn::Add(count, n);
    x2 = hn::Add(x2, n_x2);
    xx12 = hn::Add(xx12, n_xx12);
    const V n_y = hn::Mul(n, row);
    y = hn::Add(y, n_y);
    xy2 = hn::Add(xy2, hn::Mul(n_x2, row));
    yy = hn::Add(yy, hn::Mul(n_y, row));
  }
};

HWY_INLINE int64_t total(D d, V lanes) {
  return static_cast<int64_t>(hn::GetLane(hn::SumOfLanes(d, lanes)));
}

HWY_INLINE void add_to(WholeSums& sums, D d, const LaneSums& lanes) {
  sums.count += total(d, lanes.count);
  sums.x2 += total(d, lanes.x2);
  sums.xx12 += total(d, lanes.xx12);
  sums.y += total(d, lanes.y);
  sums.xy2 += total(d, lanes.xy2);
  sums.yy += total(d, lanes.yy);
}

struct LaneBox {
  V left, right, top, bottom;

  explicit LaneBox(D d)
      : left(hn::Set(d, kFar)), right(hn::Set(d, -kFar)), top(hn::Set(d, kFar)), bottom(hn::Set(d, -kFar)) {}

  HWY_INLINE void add(D d, const Interval& pixels, V row) {
    const M any = hn::Le(pixels.first, pixels.last);
    const V far = hn::Set(d, kFar), near = hn::Set(d, -kFar);
    left = hn::Min(left, hn::IfThenElse(any, pixels.first, far));
    right = hn::Max(right, hn::IfThenElse(any, pixels.last, near));
    top = hn::Min(top, hn::IfThenElse(any, row, far));
    bottom = hn::Max(bottom, hn::IfThenElse(any, row, near));
  }
};

HWY_INLINE void add_to(WholeBox& box, D d, const LaneBox& lanes) {
  const double left = hn::GetLane(hn::MinOfLanes(d, lanes.left)), right = hn::GetLane(hn::MaxOfLanes(d, lanes.right));
  if (left > right) return;
  box.left = std::min(box.left, static_cast<int32_t>(left));
  box.right = std::max(box.right, static_cast<int32_t>(right));
  box.top = std::min(box.top, static_cast<int32_t>(hn::GetLane(hn::MinOfLanes(d, lanes.top))));
  box.bottom = std::max(box.bottom, static_cast<int32_t>(hn::GetLane(hn::MaxOfLanes(d, lanes.bottom))));
}

/// Sums up what one ellipse has.
HWY_INLINE void sum_up(D d, const Batch& batch, size_t ellipse) {
  const size_t lanes = hn::Lanes(d);
  const V twice_origin = hn::Set(d, 2 * batch.origin_x), origin_y = hn::Set(d, batch.origin_y);
  const V one = hn::Set(d, 1), three = hn::Set(d, 3);
  LaneSums own_sums(d), shared_sums(d);
  LaneBox own_box(d), inside_box(d);
  V own_inside = hn::Zero(d), common = hn::Zero(d);
  for (size_t at = 0; at < batch.rows; at += lanes) {
    const size_t place = ellipse * RowShares::kBatch + at;
    const Interval inside = read(d, batch.inside_first, batch.inside_last, place),
                   own = read(d, batch.own_first, batch.own_last, place);
    const V y = hn::LoadU(d, batch.y + at), row = hn::Sub(y, origin_y);
    const Interval middle = both(own, inside);
    const V n_own = pixels_in(d, own), n_inside = pixels_in(d, inside), n_middle = pixels_in(d, middle);
    // Of n pixels side by side about m: twice their sum is 2 m n, twelve times that of their squares
    // 12 m^2 n + n (n^2 - 1).
    const auto moments = [&](const Interval& i, V n, V& x2, V& xx12) {
      const V ends = hn::Sub(hn::Add(i.first, i.last), twice_origin);
      x2 = hn::Mul(n, ends);
      xx12 = hn::Add(hn::Mul(hn::Mul(three, x2), ends), hn::Mul(n, hn::Sub(hn::Mul(n, n), one)));
    };
    V own_x2, own_xx12, inside_x2, inside_xx12, middle_x2, middle_xx12;
    moments(own, n_own, own_x2, own_xx12);
    moments(inside, n_inside, inside_x2, inside_xx12);
    moments(middle, n_middle, middle_x2, middle_xx12);
    own_sums.add(n_own, own_x2, own_xx12, row);
    shared_sums.add(hn::Sub(n_inside, n_middle), hn::Sub(inside_x2, middle_x2), hn::Sub(inside_xx12, middle_xx12), row);
    own_box.add(d, own, y);
    inside_box.add(d, inside, y);
    own_inside = hn::Add(own_inside, n_middle);
    if (batch.active.size() > 1) common = hn::Add(common, in_others(d, batch, ellipse, at, middle));
  }
  RowClaims& claims = batch.claims[batch.active[ellipse]];
  add_to(claims.own, d, own_sums);
  add_to(claims.shared, d, shared_sums);
  add_to(claims.own_box, d, own_box);
  add_to(claims.inside_box, d, inside_box);
  claims.inside += total(d, own_inside);
  claims.common += total(d, common);
}

void share_rows(const Batch& batch) {
  const D d;
  for (size_t at = 0; at < batch.rows; at += hn::Lanes(d)) find_intervals(d, batch, at);
  for (size_t i = 0; i < batch.active.size(); ++i) sum_up(d, batch, i);
}

}  // namespace HWY_NAMESPACE
}  // namespace flashcell::tracking
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::tracking {
namespace {

HWY_EXPORT(share_rows);

void add(int64_t x, int64_t y, WholeSums& sums) {
  sums.count += 1;
  sums.x2 += 2 * x;
  sums.y += y;
  sums.xx12 += 12 * x * x;
  sums.xy2 += 2 * x * y;
  sums.yy += y * y;
}

void add(int32_t x, int32_t y, WholeBox& box) {
  box.left = std::min(box.left, x);
  box.right = std::max(box.right, x);
  box.top = std::min(box.top, y);
  box.bottom = std::max(box.bottom, y);
}

double depth(const RowEllipse& e, double px, double py) {
  const double dx = px - e.x, dy = py - e.y;
  return (e.xx * dx + 2 * e.xy * dy) * dx + e.yy * dy * dy;
}

}  // namespace

void RowShares::share(std::span<const PixelRun> runs, std::span<const RowEllipse> ellipses, int step, double reach) {
  step_ = step;
  reach_ = reach;
  claims_.assign(ellipses.size(), {});
  if (runs.empty()) return;
  origin_x_ = runs[runs.size() / 2].first;
  origin_y_ = runs[runs.size() / 2].y;
  for (size_t first = 0; first < runs.size(); first += kBatch)
    share_batch(runs.subspan(first, std::min(kBatch, runs.size() - first)), ellipses);
}

void RowShares::share_batch(std::span<const PixelRun> runs, std::span<const RowEllipse> ellipses) {
  active_.clear();
  for (size_t i = 0; i < ellipses.size(); ++i) {
    if (ellipses[i].top <= runs.back().y && ellipses[i].bottom >= runs.front().y)
      active_.push_back(static_cast<uint32_t>(i));
  }
  if (active_.empty()) return;
  constexpr size_t kMostLanes = 8, kTermsOfOne = 4 * kMostLanes;
  const size_t numbers = (3 + 4 * active_.size()) * kBatch + active_.size() * kTermsOfOne;
  if (numbers_.size() < numbers) numbers_.resize(numbers);
  double* next = numbers_.data();
  const auto take = [&](size_t count) { return std::exchange(next, next + count); };
  double *const y = take(kBatch), *const first = take(kBatch), *const last = take(kBatch);
  for (size_t i = 0; i < kBatch; ++i) {
    const bool there = i < runs.size();
    y[i] = there ? runs[i].y : runs.back().y;
    first[i] = there ? runs[i].first : 1;
    last[i] = there ? runs[i].last : 0;
  }
  Batch batch;
  batch.step = step_;
  batch.reach = reach_;
  batch.origin_x = origin_x_;
  batch.origin_y = origin_y_;
  batch.rows = runs.size();
  batch.y = y;
  batch.first = first;
  batch.last = last;
  batch.ellipses = ellipses;
  batch.active = active_;
  batch.inside_first = take(active_.size() * kBatch);
  batch.inside_last = take(active_.size() * kBatch);
  batch.own_first = take(active_.size() * kBatch);
  batch.own_last = take(active_.size() * kBatch);
  batch.terms = next;
  batch.claims = claims_.data();
  left_over_.clear();
  batch.left_over = &left_over_;
  HWY_DYNAMIC_DISPATCH(share_rows)(batch);
  for (const uint32_t row : left_over_) share_plainly(runs[row], ellipses);
}

/// Pixel by pixel.
void RowShares::share_plainly(const PixelRun& run, std::span<const RowEllipse> ellipses) {
  const int64_t y = run.y - origin_y_;
  depths_.resize(active_.size());
  for (int32_t x = run.first; x <= run.last; ++x) {
    size_t deepest = 0;
    int64_t inside = 0;
    for (size_t i = 0; i < active_.size(); ++i) {
      depths_[i] = depth(ellipses[active_[i]], static_cast<double>(x) * step_, static_cast<double>(run.y) * step_);
      inside += depths_[i] <= 1;
      if (depths_[i] < depths_[deepest]) deepest = i;
    }
    if (depths_[deepest] > reach_) continue;
    RowClaims& owner = claims_[active_[deepest]];
    add(x - origin_x_, y, owner.own);
    add(x, run.y, owner.own_box);
    if (inside == 0) continue;
    owner.inside += 1;
    owner.common += inside > 1;
    for (size_t i = 0; i < active_.size(); ++i) {
      if (depths_[i] > 1) continue;
      add(x, run.y, claims_[active_[i]].inside_box);
      if (i != deepest) add(x - origin_x_, y, claims_[active_[i]].shared);
    }
  }
}

}  // namespace flashcell::tracking
#endif
