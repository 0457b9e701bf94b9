#include "tracking/pixel_shares.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::tracking {
namespace {

// More than rounding can be off, less than a row.
constexpr double kSlack = 1e-9;
constexpr double kEndSlack = 1e-4;
constexpr double kFar = 1e9;  ///< rows and columns that fit an integer

/// The row at or before y, within +-kFar also of what is no number. By a conversion, where std::floor would be a call.
int32_t row_before(double y) {
  const double within = std::max(-kFar, std::min(kFar, y));
  const auto row = static_cast<int32_t>(within);
  return row - (row > within ? 1 : 0);
}

/// Shares of sums about one place, `weight` by `weight`.
class SharedSums {
 public:
  SharedSums(const RowClaims& claims, double share) : claims_(claims), share_(share) {}

  double operator()(int64_t WholeSums::*sum) const {
    return static_cast<double>(claims_.own.*sum) + share_ * static_cast<double>(claims_.shared.*sum);
  }

 private:
  const RowClaims& claims_;
  double share_;
};

}  // namespace

void PartEllipse::aim() {
  const double c = std::cos(turn), s = std::sin(turn), a = 1 / (major * major), b = 1 / (minor * minor);
  xx = a * c * c + b * s * s;
  xy = (a - b) * c * s;
  yy = a * s * s + b * c * c;
}

void PartEllipse::aim(double cosine, double sine) {
  const double a = 1 / (major * major), b = 1 / (minor * minor), mean = (a + b) / 2, half = (a - b) / 2;
  xx = mean + half * cosine;
  xy = half * sine;
  yy = mean - half * cosine;
}

void sample(std::span<const PixelRun> runs, int step, std::vector<PixelRun>& sampled) {
  sampled.clear();
  for (const PixelRun& run : runs) {
    if (run.y % step != 0) continue;
    const int32_t first = (run.first + step - 1) / step, last = run.last / step;
    if (first <= last) sampled.push_back({run.y / step, first, last});
  }
}

void PixelShares::start(std::span<const PixelRun> runs, int step) {
  step_ = step;
  counted_ = static_cast<double>(rows_.start(runs, step));
}

void PixelShares::share(std::span<const PartEllipse> ellipses, const ShareRules& rules) {
  prepare(ellipses, rules);
  rows_.share(std::span(in_rows_).first(ellipses.size()), rules.reach);
  covered_ = common_ = 0;
  for (const RowClaims& claims : rows_.claims()) common_ += static_cast<double>(claims.shared.count);
  // That makes up for what is hidden.
  common_share_ = common_ > 0 ? std::min(1.0, rules.hidden * counted_ / common_) : 0;
  sums_.clear();
  for (size_t i = 0; i < ellipses.size(); ++i) sums_.push_back(settle(rows_.claims()[i], ellipses[i]));
}

void PixelShares::look_over() {
  // Around what is mostly its own.
  const bool inside = common_share_ >= 0.5;
  rows_.look_over(inside);
  for (size_t i = 0; i < sums_.size(); ++i) {
    const RowClaims& claims = rows_.claims()[i];
    PartSums& sums = sums_[i];
    covered_ += static_cast<double>(claims.inside);
    sums.alone = static_cast<double>(claims.own.count - claims.common);
    const WholeBox further = inside ? claims.inside_box : claims.own_box;
    sums.left = std::min(claims.own_box.left, further.left);
    sums.right = std::max(claims.own_box.right, further.right);
    sums.top = std::min(claims.own_box.top, further.top);
    sums.bottom = std::max(claims.own_box.bottom, further.bottom);
  }
}

void PixelShares::prepare(std::span<const PartEllipse> ellipses, const ShareRules& rules) {
  if (in_rows_.size() < ellipses.size()) in_rows_.resize(ellipses.size());
  for (size_t i = 0; i < ellipses.size(); ++i) {
    const PartEllipse& e = ellipses[i];
    RowEllipse& in_rows = in_rows_[i];
    in_rows.x = e.x;
    in_rows.y = e.y;
    in_rows.xx = e.xx;
    in_rows.xy = e.xy;
    in_rows.yy = e.yy;
    in_rows.width = 1 / e.xx;
    in_rows.lean = -e.xy * in_rows.width;
    in_rows.rise = e.yy + e.xy * in_rows.lean;
    const double tall = std::sqrt((rules.reach + kSlack) / in_rows.rise);
    in_rows.top = 0;
    in_rows.bottom = -1;
    in_rows.left = in_rows.right = 0;
    if (!(std::abs(e.x) < kFar) || !std::isfinite(in_rows.width) || !std::isfinite(in_rows.lean)) continue;
    in_rows.top = -row_before((tall - e.y) / step_ + kEndSlack);
    in_rows.bottom = row_before((tall + e.y) / step_ + kEndSlack);
    const double wide = tall * std::sqrt(e.yy * in_rows.width);
    in_rows.left = e.x - wide - kEndSlack;
    in_rows.right = e.x + wide + kEndSlack;
  }
}

PartSums PixelShares::settle(const RowClaims& claims, const PartEllipse& ellipse) const {
  const SharedSums sum(claims, common_share_);
  // From steps about the rows' origin to px about the ellipse's middle.
  const double step = step_;
  const double dx = ellipse.x - step * rows_.origin_x(), dy = ellipse.y - step * rows_.origin_y();
  const double count = sum(&WholeSums::count), x = step * sum(&WholeSums::x2) / 2, y = step * sum(&WholeSums::y);
  PartSums sums;
  sums.weight = count;
  sums.x = x - count * dx;
  sums.y = y - count * dy;
  sums.xx = step * step * sum(&WholeSums::xx12) / 12 - 2 * dx * x + count * dx * dx;
  sums.xy = step * step * sum(&WholeSums::xy2) / 2 - dy * x - dx * y + count * dx * dy;
  sums.yy = step * step * sum(&WholeSums::yy) - 2 * dy * y + count * dy * dy;
  return sums;
}

}  // namespace flashcell::tracking
