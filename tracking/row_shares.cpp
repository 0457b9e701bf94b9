#include "tracking/row_shares.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
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
using Active = RowShares::Active;
using Batch = RowShares::Batch;

/// More than rounding can be off, less than a pixel.
constexpr double kSlack = 1e-9;  // steps
constexpr double kDepthSlack = 1e-12;
constexpr double kFar = 1e9;
constexpr double kTiny = 1e-300;

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

/// The part of `run` about `middle` where depth, which is `room` less there than it may be, is not too much. `width`:
/// of half of it squared, by room.
HWY_INLINE Interval within(D d, V middle, V room, double width, const Interval& run) {
  const V half = hn::Sqrt(hn::Mul(hn::Max(room, hn::Zero(d)), hn::Set(d, width)));
  const V reach = hn::Add(half, hn::Set(d, kSlack));
  const M any = hn::Ge(room, hn::Set(d, -kDepthSlack));
  return both(run, {hn::IfThenElse(any, hn::Ceil(hn::Sub(middle, reach)), hn::Set(d, kFar)),
                    hn::Floor(hn::Add(middle, reach))});
}

/// Where between two pixels the one of two ellipses that comes first in their list is the deeper one.
struct Contest {
  Interval first_wins, second_wins;
  M two_parts;  // one of them wins at both ends, the other one between them
};

/// The difference of two depths along a row, at t steps from some pixel; where it is not above 0 the first one wins.
struct Parabola {
  V at_0, rise, bend;

  HWY_INLINE V at(V t) const { return hn::Add(at_0, hn::Mul(hn::Add(rise, hn::Mul(bend, t)), t)); }
  HWY_INLINE V rise_at(D d, V t) const { return hn::Add(rise, hn::Mul(hn::Mul(hn::Set(d, 2), bend), t)); }
};

HWY_INLINE Contest contest(D d, const Parabola& difference, const Interval& run) {
  const V zero = hn::Zero(d), one = hn::Set(d, 1), two = hn::Set(d, 2), span = hn::Sub(run.last, run.first);
  const V left = difference.at_0, rise = difference.rise, bend = difference.bend;
  const M at_first = hn::Le(left, zero), at_last = hn::Le(difference.at(span), zero);
  const M change = hn::Xor(at_first, at_last);
  V end = run.last;
  if (!hn::AllFalse(d, change)) {
    // The root between the ends, without a difference of like numbers.
    const V root = hn::Sqrt(hn::Max(zero, hn::Sub(hn::Mul(rise, rise), hn::Mul(hn::Mul(hn::Set(d, 4), bend), left))));
    const V sum = hn::Add(root, hn::Abs(rise));
    const M away = hn::Xor(at_first, hn::Gt(rise, zero));
    const V steps = hn::Div(hn::IfThenElse(away, sum, hn::Mul(two, hn::Abs(left))),
                            hn::Max(hn::Set(d, kTiny), hn::IfThenElse(away, hn::Mul(two, hn::Abs(bend)), sum)));
    const V slack = hn::Set(d, kSlack);
    const V last =
        hn::IfThenElse(at_first, hn::Floor(hn::Add(steps, slack)), hn::Sub(hn::Ceil(hn::Sub(steps, slack)), one));
    const V there = hn::Add(run.first, hn::Max(zero, hn::Min(last, hn::Sub(span, one))));
    end = hn::IfThenElse(change, there, end);
  }
  const Interval before{run.first, end}, behind{hn::Add(end, one), run.last};
  Contest result;
  result.first_wins = {hn::IfThenElse(at_first, before.first, behind.first),
                       hn::IfThenElse(at_first, before.last, behind.last)};
  result.second_wins = {hn::IfThenElse(at_first, behind.first, before.first),
                        hn::IfThenElse(at_first, behind.last, before.last)};
  // With the same winner at both ends there may be another about the parabola's top.
  const V last_rise = difference.rise_at(d, span);
  const M up = hn::And(hn::Gt(rise, zero), hn::Lt(last_rise, zero));
  const M down = hn::And(hn::Lt(rise, zero), hn::Gt(last_rise, zero));
  const M turns = hn::AndNot(change, hn::Or(hn::And(at_first, up), hn::AndNot(at_first, down)));
  result.two_parts = hn::MaskFromVec(zero);
  if (!hn::AllFalse(d, turns)) {
    const V top = hn::Floor(hn::Div(rise, hn::Mul(hn::Set(d, -2), bend)));
    const auto wins = [&](V t) { return hn::Le(difference.at(t), zero); };
    const M other = hn::Or(hn::Xor(wins(top), at_first), hn::Xor(wins(hn::Min(hn::Add(top, one), span)), at_first));
    result.two_parts = hn::And(turns, other);
  }
  return result;
}

/// Runs as real numbers: rows, first and last pixels. Returns how many pixels they are.
int64_t take_runs(std::span<const PixelRun> runs, double* y, double* first, double* last) {
  static_assert(sizeof(PixelRun) == 3 * sizeof(int32_t));
  const D d;
  const hn::Rebind<int32_t, D> whole;
  V pixels = hn::Zero(d);
  size_t i = 0;
  for (; i + hn::Lanes(d) <= runs.size(); i += hn::Lanes(d)) {
    auto rows = hn::Zero(whole), firsts = rows, lasts = rows;
    hn::LoadInterleaved3(whole, reinterpret_cast<const int32_t*>(&runs[i]), rows, firsts, lasts);
    const Interval run{hn::PromoteTo(d, firsts), hn::PromoteTo(d, lasts)};
    hn::StoreU(hn::PromoteTo(d, rows), d, y + i);
    hn::StoreU(run.first, d, first + i);
    hn::StoreU(run.last, d, last + i);
    pixels = hn::Add(pixels, pixels_in(d, run));
  }
  auto counted = static_cast<int64_t>(hn::GetLane(hn::SumOfLanes(d, pixels)));
  for (; i < runs.size(); ++i) {
    y[i] = runs[i].y;
    first[i] = runs[i].first;
    last[i] = runs[i].last;
    counted += runs[i].last - runs[i].first + 1;
  }
  return counted;
}

/// Pixels of nobody.
HWY_INLINE void store_none(D d, double* first, double* last) {
  hn::StoreU(hn::Set(d, 1), d, first);
  hn::StoreU(hn::Zero(d), d, last);
}

/// Where an ellipse crosses the rows that it may reach.
HWY_INLINE void find_crossings(D d, const Batch& batch, size_t ellipse) {
  const Active& active = batch.active[ellipse];
  const RowEllipse& e = batch.ellipses[active.ellipse];
  const V step = hn::Set(d, batch.step), per_step = hn::Set(d, 1 / batch.step);
  const double width = e.width / (batch.step * batch.step);
  // Those of others need not begin in the same rows.
  const size_t before = Batch::place(ellipse, active.from) - hn::Lanes(d);
  const size_t behind = Batch::place(ellipse, active.from + hwy::RoundUpTo(active.to - active.from, hn::Lanes(d)));
  store_none(d, batch.inside_first + before, batch.inside_last + before);
  store_none(d, batch.inside_first + behind, batch.inside_last + behind);
  store_none(d, batch.own_first + behind, batch.own_last + behind);
  for (size_t at = active.from; at < active.to; at += hn::Lanes(d)) {
    const size_t place = Batch::place(ellipse, at);
    const Interval run = read(d, batch.first, batch.last, at);
    const V dy = hn::Sub(hn::Mul(hn::LoadU(d, batch.y + at), step), hn::Set(d, e.y));
    const V room = hn::Sub(hn::Set(d, 1), hn::Mul(hn::Mul(hn::Set(d, e.rise), dy), dy));
    const V middle = hn::Mul(hn::Add(hn::Set(d, e.x), hn::Mul(hn::Set(d, e.lean), dy)), per_step);
    const Interval inside = within(d, middle, room, width, run);
    const Interval own = within(d, middle, hn::Add(room, hn::Set(d, batch.reach - 1)), width, run);
    hn::StoreU(inside.first, d, batch.inside_first + place);
    hn::StoreU(inside.last, d, batch.inside_last + place);
    hn::StoreU(own.first, d, batch.own_first + place);
    hn::StoreU(own.last, d, batch.own_last + place);
    if (batch.active.size() == 1) continue;
    // No MulAdd: only some machines fuse it.
    const V dx = hn::Sub(hn::Mul(run.first, step), hn::Set(d, e.x)), xx = hn::Set(d, e.xx);
    const V slope = hn::Mul(hn::Set(d, 2 * e.xy), dy), base = hn::Mul(hn::Mul(hn::Set(d, e.yy), dy), dy);
    hn::StoreU(hn::Add(hn::Mul(hn::Add(hn::Mul(xx, dx), slope), dx), base), d, batch.depth + place);
    hn::StoreU(hn::Add(hn::Mul(hn::Set(d, 2 * e.xx), dx), slope), d, batch.rise + place);
  }
}

/// The rows from `at` on as bits of a batch; none has any behind it, where narrow vectors may begin.
HWY_INLINE uint64_t bits_of(D d, M rows, size_t at) {
  if (at >= RowShares::kBatch) return 0;
  alignas(8) uint8_t bits[8] = {};
  hn::StoreMaskBits(d, rows, bits);
  return uint64_t{bits[0]} << at;
}

/// And where it is deeper than another one. Returns the rows of which one of them has two parts, a bit each.
HWY_INLINE uint64_t settle_contest(D d, const Batch& batch, size_t former, size_t latter) {
  const Active &a = batch.active[former], &b = batch.active[latter];
  const size_t end = std::min(a.to, b.to);
  const V step = hn::Set(d, batch.step);
  const V bend = hn::Set(d, (batch.ellipses[a.ellipse].xx - batch.ellipses[b.ellipse].xx) * batch.step * batch.step);
  uint64_t two_parts = 0;
  for (size_t at = std::max(a.from, b.from); at < end; at += hn::Lanes(d)) {
    const size_t a_place = Batch::place(former, at), b_place = Batch::place(latter, at);
    const Interval a_own = read(d, batch.own_first, batch.own_last, a_place),
                   b_own = read(d, batch.own_first, batch.own_last, b_place);
    const Interval wanted_by_both = both(a_own, b_own);
    const M contested = hn::Le(wanted_by_both.first, wanted_by_both.last);
    if (hn::AllFalse(d, contested)) continue;
    const auto less = [&](const double* term) {
      return hn::Sub(hn::LoadU(d, term + a_place), hn::LoadU(d, term + b_place));
    };
    const Parabola difference{less(batch.depth), hn::Mul(less(batch.rise), step), bend};
    // Beyond what either of them has nothing is decided.
    const Interval either{hn::Min(a_own.first, b_own.first), hn::Max(a_own.last, b_own.last)};
    const V start = hn::Sub(either.first, hn::LoadU(d, batch.first + at));
    const Contest result = contest(d, {difference.at(start), difference.rise_at(d, start), bend}, either);
    const M left_over = hn::And(contested, result.two_parts);
    if (!hn::AllFalse(d, left_over)) two_parts |= bits_of(d, left_over, at);
    const auto keep = [&](const Interval& own, const Interval& won, size_t place) {
      const Interval left = both(own, won);
      hn::StoreU(hn::IfThenElse(contested, left.first, own.first), d, batch.own_first + place);
      hn::StoreU(hn::IfThenElse(contested, left.last, own.last), d, batch.own_last + place);
    };
    keep(a_own, result.first_wins, a_place);
    keep(b_own, result.second_wins, b_place);
  }
  return two_parts;
}

/// Active ellipses that may share pixels with this one.
HWY_INLINE std::span<const size_t> find_others(const Batch& batch, size_t ellipse) {
  const Active& active = batch.active[ellipse];
  size_t count = 0;
  for (size_t i = 0; i < batch.active.size(); ++i) {
    const bool in_its_rows = batch.active[i].from < active.to && active.from < batch.active[i].to;
    if (i != ellipse && in_its_rows && batch.may_meet(i, ellipse)) batch.others[count++] = i;
  }
  return {batch.others, count};
}

/// What one of them has of some pixels; nothing in rows out of its reach.
HWY_INLINE Interval inside_of(D d, const Batch& batch, size_t other, size_t at, const Interval& wanted) {
  const Active& active = batch.active[other];
  if (at + hn::Lanes(d) <= active.from || at >= active.to) return {hn::Set(d, kFar), hn::Set(d, -kFar)};
  return both(read(d, batch.inside_first, batch.inside_last, Batch::place(other, at)), wanted);
}

/// How many pixels of `wanted` are in others' crossings as well.
HWY_INLINE V in_others(D d, const Batch& batch, std::span<const size_t> others, size_t at, const Interval& wanted) {
  if (others.size() == 1) return pixels_in(d, inside_of(d, batch, others[0], at, wanted));
  if (others.size() == 2) {
    const Interval one = inside_of(d, batch, others[0], at, wanted), two = inside_of(d, batch, others[1], at, wanted);
    return hn::Sub(hn::Add(pixels_in(d, one), pixels_in(d, two)), pixels_in(d, both(one, two)));
  }
  const V one = hn::Set(d, 1);
  V count = hn::Zero(d), from = wanted.first;
  for (size_t turn = 0; turn < others.size(); ++turn) {
    // The next stretch of them, from the left.
    V first = hn::Set(d, kFar), last = hn::Set(d, -kFar);
    for (const size_t i : others) {
      const Interval other = inside_of(d, batch, i, at, {from, wanted.last});
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

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void add_totals(D d, V a, V b, int64_t& to_a, int64_t& to_b) {
  to_a += total(d, a);
  to_b += total(d, b);
}
#else
/// The sums of a vector's even and of its odd lanes.
template <class Tag, class Vector>
HWY_INLINE auto fold(Tag d, Vector v) {
  if constexpr (hn::MaxLanes(Tag()) <= 2) {
    return v;
  } else {
    const hn::Half<Tag> half;
    return fold(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

/// Adds the totals of two vectors to two numbers, for little more than the price of one.
HWY_INLINE void add_totals(D d, V a, V b, int64_t& to_a, int64_t& to_b) {
  const auto both = fold(d, hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b)));
  to_a += static_cast<int64_t>(hn::GetLane(both));
  to_b += static_cast<int64_t>(hn::ExtractLane(both, 1));
}
#endif

HWY_INLINE void add_to(WholeSums& sums, D d, const LaneSums& lanes) {
  add_totals(d, lanes.count, lanes.x2, sums.count, sums.x2);
  add_totals(d, lanes.xx12, lanes.y, sums.xx12, sums.y);
  add_totals(d, lanes.xy2, lanes.yy, sums.xy2, sums.yy);
}

struct LaneBox {
  V left, right;
  uint64_t rows = 0;  // of the batch, a bit each

  explicit LaneBox(D d) : left(hn::Set(d, kFar)), right(hn::Set(d, -kFar)) {}

  HWY_INLINE void add(D d, const Interval& pixels, size_t at) {
    const M any = hn::Le(pixels.first, pixels.last);
    left = hn::Min(left, hn::IfThenElse(any, pixels.first, hn::Set(d, kFar)));
    right = hn::Max(right, hn::IfThenElse(any, pixels.last, hn::Set(d, -kFar)));
    rows |= bits_of(d, any, at);
  }
};

/// `y`: of the batch's rows.
HWY_INLINE void add_to(WholeBox& box, D d, const LaneBox& lanes, const double* y) {
  if (lanes.rows == 0) return;
  box.left = std::min(box.left, static_cast<int32_t>(hn::GetLane(hn::MinOfLanes(d, lanes.left))));
  box.right = std::max(box.right, static_cast<int32_t>(hn::GetLane(hn::MaxOfLanes(d, lanes.right))));
  box.top = std::min(box.top, static_cast<int32_t>(y[std::countr_zero(lanes.rows)]));
  box.bottom = std::max(box.bottom, static_cast<int32_t>(y[std::bit_width(lanes.rows) - 1]));
}

/// Of n pixels side by side about m: twice their sum is 2 m n, twelve times that of their squares
/// 12 m^2 n + n (n^2 - 1).
struct LaneMoments {
  V count, x2, xx12;

  LaneMoments(D d, const Interval& pixels, V twice_origin) : count(pixels_in(d, pixels)) {
    const V ends = hn::Sub(hn::Add(pixels.first, pixels.last), twice_origin);
    x2 = hn::Mul(count, ends);
    xx12 = hn::Add(hn::Mul(hn::Mul(hn::Set(d, 3), x2), ends),
                   hn::Mul(count, hn::Sub(hn::Mul(count, count), hn::Set(d, 1))));
  }
};

/// Sums up what one ellipse has.
HWY_INLINE void sum_up(D d, const Batch& batch, size_t ellipse) {
  const V twice_origin = hn::Set(d, 2 * batch.origin_x), origin_y = hn::Set(d, batch.origin_y);
  LaneSums own_sums(d), shared_sums(d);
  bool shares = false;
  const Active& active = batch.active[ellipse];
  for (size_t at = active.from; at < active.to; at += hn::Lanes(d)) {
    const size_t place = Batch::place(ellipse, at);
    const Interval inside = read(d, batch.inside_first, batch.inside_last, place),
                   own = read(d, batch.own_first, batch.own_last, place);
    const V row = hn::Sub(hn::LoadU(d, batch.y + at), origin_y);
    const LaneMoments all(d, own, twice_origin);
    own_sums.add(all.count, all.x2, all.xx12, row);
    // All that is inside is its own, mostly.
    const M lost = hn::Or(hn::Lt(inside.first, own.first), hn::Gt(inside.last, own.last));
    if (hn::AllFalse(d, hn::And(lost, hn::Le(inside.first, inside.last)))) continue;
    shares = true;
    const LaneMoments whole(d, inside, twice_origin), kept(d, both(own, inside), twice_origin);
    shared_sums.add(hn::Sub(whole.count, kept.count), hn::Sub(whole.x2, kept.x2), hn::Sub(whole.xx12, kept.xx12), row);
  }
  RowClaims& claims = batch.claims[active.ellipse];
  add_to(claims.own, d, own_sums);
  if (shares) add_to(claims.shared, d, shared_sums);
}

/// Where its pixels lie, and how many of them are in others as well.
HWY_INLINE void look_over(D d, const Batch& batch, size_t ellipse) {
  LaneBox own_box(d), inside_box(d);
  V own_inside = hn::Zero(d), common = hn::Zero(d);
  const Active& active = batch.active[ellipse];
  const std::span<const size_t> others = find_others(batch, ellipse);
  for (size_t at = active.from; at < active.to; at += hn::Lanes(d)) {
    const size_t place = Batch::place(ellipse, at);
    const Interval inside = read(d, batch.inside_first, batch.inside_last, place),
                   own = read(d, batch.own_first, batch.own_last, place);
    const Interval middle = both(own, inside);
    own_box.add(d, own, at);
    if (batch.inside_boxes) inside_box.add(d, inside, at);
    own_inside = hn::Add(own_inside, pixels_in(d, middle));
    if (!others.empty()) common = hn::Add(common, in_others(d, batch, others, at, middle));
  }
  RowClaims& claims = batch.claims[active.ellipse];
  add_to(claims.own_box, d, own_box, batch.y);
  if (batch.inside_boxes) add_to(claims.inside_box, d, inside_box, batch.y);
  add_totals(d, own_inside, common, claims.inside, claims.common);
}

/// Of one row, those pixels beginning with `first` of which a bit is set.
struct RowPixels {
  double first, row;  // from the origin
  int32_t x, y;
  uint64_t bits;
};

HWY_INLINE void add_to(WholeSums& sums, D d, const RowPixels& pixels, M which) {
  const V x = hn::IfThenElseZero(which, hn::Iota(d, pixels.first));
  const auto n = static_cast<int64_t>(std::popcount(pixels.bits)), y = static_cast<int64_t>(pixels.row);
  const int64_t sum = total(d, x);
  sums.count += n;
  sums.x2 += 2 * sum;
  sums.xx12 += 12 * total(d, hn::Mul(x, x));
  sums.y += n * y;
  sums.xy2 += 2 * sum * y;
  sums.yy += n * y * y;
}

HWY_INLINE void add_to(WholeBox& box, const RowPixels& pixels) {
  box.left = std::min(box.left, pixels.x + std::countr_zero(pixels.bits));
  box.right = std::max(box.right, pixels.x + static_cast<int32_t>(std::bit_width(pixels.bits)) - 1);
  box.top = std::min(box.top, pixels.y);
  box.bottom = std::max(box.bottom, pixels.y);
}

/// A run of which an ellipse has two parts, pixel by pixel. All of the claims.
void share_pixels(const Batch& batch, const PixelRun& run, std::span<RowShares::Rival> rivals) {
  const D d;
  const auto lanes = static_cast<int32_t>(hn::Lanes(d));
  const V step = hn::Set(d, batch.step), one = hn::Set(d, 1), far = hn::Set(d, kFar);
  for (int32_t at = run.first; at <= run.last; at += lanes) {
    const V x = hn::Iota(d, at);
    V least = far, deepest = hn::Zero(d), inside = hn::Zero(d);
    for (size_t k = 0; k < rivals.size(); ++k) {
      RowShares::Rival& rival = rivals[k];
      const RowEllipse& e = batch.ellipses[rival.ellipse];
      const V dx = hn::Sub(hn::Mul(x, step), hn::Set(d, e.x));
      const V slope = hn::Set(d, 2 * e.xy * rival.dy), base = hn::Set(d, e.yy * rival.dy * rival.dy);
      const V depth = hn::Add(hn::Mul(hn::Add(hn::Mul(hn::Set(d, e.xx), dx), slope), dx), base);
      const M there = hn::And(hn::Ge(x, hn::Set(d, rival.first)), hn::Le(x, hn::Set(d, rival.last)));
      const V counts = hn::IfThenElse(there, depth, far);
      hn::StoreU(counts, d, rival.depths);
      deepest = hn::IfThenElse(hn::Lt(counts, least), hn::Set(d, static_cast<double>(k)), deepest);
      least = hn::Min(least, counts);
      inside = hn::Add(inside, hn::IfThenElseZero(hn::Le(counts, one), one));
    }
    const M within_reach = hn::Le(least, hn::Set(d, batch.reach));
    if (hn::AllFalse(d, within_reach)) continue;
    RowPixels pixels{at - batch.origin_x, run.y - batch.origin_y, at, run.y, 0};
    for (size_t k = 0; k < rivals.size(); ++k) {
      RowClaims& claims = batch.claims[rivals[k].ellipse];
      const M own = hn::And(within_reach, hn::Eq(deepest, hn::Set(d, static_cast<double>(k))));
      const M is_inside = hn::Le(hn::LoadU(d, rivals[k].depths), one);
      pixels.bits = bits_of(d, own, 0);
      if (pixels.bits != 0) {
        add_to(claims.own, d, pixels, own);
        add_to(claims.own_box, pixels);
        claims.inside += std::popcount(bits_of(d, hn::And(own, is_inside), 0));
        claims.common += std::popcount(bits_of(d, hn::And(own, hn::Gt(inside, one)), 0));
      }
      pixels.bits = bits_of(d, is_inside, 0);
      if (pixels.bits == 0) continue;
      add_to(claims.inside_box, pixels);
      const M shared = hn::AndNot(own, is_inside);
      pixels.bits = bits_of(d, shared, 0);
      if (pixels.bits != 0) add_to(claims.shared, d, pixels, shared);
    }
  }
}

/// Returns the rows that are left over, a bit each.
uint64_t share_rows(const Batch& batch) {
  const D d;
  const size_t count = batch.active.size();
  uint64_t left_over = 0;
  for (size_t i = 0; i < count; ++i) find_crossings(d, batch, i);
  for (size_t i = 1; i < count; ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (batch.may_meet(k, i)) left_over |= settle_contest(d, batch, k, i);
    }
  }
  if (left_over != 0) batch.leave_out(left_over);
  for (size_t i = 0; i < count; ++i) sum_up(d, batch, i);
  return left_over;
}

void look_over_rows(const Batch& batch) {
  const D d;
  for (size_t i = 0; i < batch.active.size(); ++i) look_over(d, batch, i);
}

}  // namespace HWY_NAMESPACE
}  // namespace flashcell::tracking
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::tracking {
namespace {

HWY_EXPORT(take_runs);
HWY_EXPORT(share_rows);
HWY_EXPORT(look_over_rows);
HWY_EXPORT(share_pixels);

constexpr double kSlack = 1e-9;  // of depth; more than rounding can be off

}  // namespace

int64_t RowShares::start(std::span<const PixelRun> runs, int step) {
  runs_ = runs;
  step_ = step;
  // What is in them from before is replaced: they are too large to be cleared each time.
  batches_.resize((runs.size() + kBatch - 1) / kBatch);
  claims_.clear();
  if (runs.empty()) return 0;
  origin_x_ = runs[runs.size() / 2].first;
  origin_y_ = runs[runs.size() / 2].y;
  index_rows();
  const size_t room = (runs.size() + kBatch - 1) / kBatch * (kBatch + kMostLanes);
  if (rows_.size() < 3 * room) rows_.resize(3 * room);
  double *y = rows_.data(), *first = y + room, *last = first + room;
  int64_t pixels = 0;
  size_t at = 0;
  for (Batch& batch : batches_) {
    batch.step = step;
    batch.origin_x = origin_x_;
    batch.origin_y = origin_y_;
    batch.first_run = at;
    batch.rows = std::min(kBatch, runs.size() - at);
    batch.y = y;
    batch.first = first;
    batch.last = last;
    pixels += HWY_DYNAMIC_DISPATCH(take_runs)(runs.subspan(at, batch.rows), y, first, last);
    std::fill_n(y + batch.rows, kMostLanes, y[batch.rows - 1]);
    std::fill_n(first + batch.rows, kMostLanes, 1.0);
    std::fill_n(last + batch.rows, kMostLanes, 0.0);
    y += kBatch + kMostLanes;
    first += kBatch + kMostLanes;
    last += kBatch + kMostLanes;
    at += kBatch;
  }
  return pixels;
}

void RowShares::index_rows() {
  const int32_t top = runs_.front().y;
  row_count_ = runs_.back().y - top + 1;
  const auto rows = static_cast<size_t>(row_count_);
  if (first_runs_.size() <= rows) first_runs_.resize(rows + 1);
  // Where a row ends the next one begins: without a branch, which could not be predicted.
  uint32_t* const ends = first_runs_.data() + 1;
  size_t found = 1;
  first_runs_[0] = 0;
  for (size_t i = 0; i < runs_.size(); ++i) {
    ends[runs_[i].y - top] = static_cast<uint32_t>(i + 1);
    found += i > 0 && runs_[i].y != runs_[i - 1].y ? 1 : 0;
  }
  if (found == rows) return;
  size_t run = 0;
  for (size_t row = 0; row < rows; ++row) {
    while (run < runs_.size() && runs_[run].y - top <= static_cast<int32_t>(row)) ++run;
    ends[row] = static_cast<uint32_t>(run);
  }
}

/// Those in the rows that an ellipse may reach.
RowShares::Runs RowShares::runs_of(const RowEllipse& ellipse) const {
  const int32_t top = runs_.front().y, rows = row_count_;
  const int32_t from = std::clamp(ellipse.top, top, top + rows) - top;
  const int32_t to = std::clamp(ellipse.bottom, top - 1, top + rows - 1) - top + 1;
  return {first_runs_[static_cast<size_t>(from)], first_runs_[static_cast<size_t>(to)]};
}

void RowShares::Batch::leave_out(uint64_t nobodys) const {
  for (; nobodys != 0; nobodys &= nobodys - 1) {
    for (size_t i = 0; i < active.size(); ++i) {
      const size_t number = place(i, static_cast<size_t>(std::countr_zero(nobodys)));
      inside_first[number] = own_first[number] = 1;
      inside_last[number] = own_last[number] = 0;
    }
  }
}

void RowShares::share(std::span<const RowEllipse> ellipses, double reach) {
  claims_.assign(ellipses.size(), {});
  const size_t most = batches_.size() * ellipses.size();
  if (active_.size() < most) active_.resize(most);
  const size_t numbers = Batch::kStride * (4 * most + 2 * ellipses.size());
  if (numbers_.size() < numbers) numbers_.resize(numbers);
  if (others_.size() < ellipses.size()) others_.resize(ellipses.size());
  reached_.clear();
  for (const RowEllipse& ellipse : ellipses) reached_.push_back(batches_.empty() ? Runs{0, 0} : runs_of(ellipse));
  double* next = numbers_.data();
  const auto take = [&](size_t count) { return std::exchange(next, next + Batch::kStride * count); };
  double *const depth = take(ellipses.size()), *const rise = take(ellipses.size());
  Active* active = active_.data();
  for (Batch& batch : batches_) {
    Active* const first = active;
    const size_t begin = batch.first_run, end = begin + batch.rows;
    for (size_t i = 0; i < ellipses.size(); ++i) {
      const size_t from = std::max(reached_[i].from, begin), to = std::min(reached_[i].to, end);
      if (from >= to) continue;
      *active++ = {i, from - begin, to - begin};
    }
    batch.active = {first, active};
    batch.reach = reach;
    batch.ellipses = ellipses;
    batch.inside_first = take(batch.active.size());
    batch.inside_last = take(batch.active.size());
    batch.own_first = take(batch.active.size());
    batch.own_last = take(batch.active.size());
    batch.depth = depth;
    batch.rise = rise;
    batch.claims = claims_.data();
    batch.others = others_.data();
    uint64_t left_over = HWY_DYNAMIC_DISPATCH(share_rows)(batch);
    for (; left_over != 0; left_over &= left_over - 1)
      share_plainly(runs_[batch.first_run + static_cast<size_t>(std::countr_zero(left_over))], batch);
  }
}

void RowShares::look_over(bool inside_boxes) {
  for (Batch& batch : batches_) {
    batch.inside_boxes = inside_boxes;
    HWY_DYNAMIC_DISPATCH(look_over_rows)(batch);
  }
}

/// Those that reach the run, and where: a pixel too far out, of which depth decides.
void RowShares::find_rivals(const PixelRun& run, const Batch& batch) {
  rivals_.clear();
  for (const Active& active : batch.active) {
    const RowEllipse& e = batch.ellipses[active.ellipse];
    if (run.y < e.top || run.y > e.bottom || run.first * step_ > e.right || run.last * step_ < e.left) continue;
    const double dy = static_cast<double>(run.y) * step_ - e.y, room = batch.reach - e.rise * dy * dy;
    if (room < -kSlack) continue;
    const double middle = e.x + e.lean * dy, half = std::sqrt(std::max(0.0, room) * e.width);
    const double first = std::floor((middle - half) / step_), last = std::ceil((middle + half) / step_);
    if (first > run.last || last < run.first) continue;
    rivals_.push_back({active.ellipse, dy, std::max<double>(first, run.first), std::min<double>(last, run.last), {}});
  }
}

void RowShares::share_plainly(const PixelRun& run, const Batch& batch) {
  find_rivals(run, batch);
  HWY_DYNAMIC_DISPATCH(share_pixels)(batch, run, rivals_);
}

}  // namespace flashcell::tracking
#endif
