#include "tracking/action_features.hpp"

#include <algorithm>

namespace flashcell::tracking {
namespace {

// In sizes a step: below it motion is not told from noise.
constexpr double kStill = 0.01;
constexpr double kRound = 0.15;  ///< elongation below which the long axis says little

double logarithm(double size) {
  return std::log(size + kStill);
}

}  // namespace

void ActionFeatures::remember(const ActionSignals& means) {
  steps_ = std::min(steps_ + 1, kMemory);
  for (size_t i = 0; i < means.size(); ++i) usual_[i] += (means[i] - usual_[i]) / steps_;
}

void ActionFeatures::next(const ActionSignals& m, const ActionInputs& inputs, double step_s, std::span<float> out) {
  const bool first = steps_ == 0;
  if (first) {
    before_ = m;
    usual_ = {};
  }
  remember(m);
  const double size = std::exp(0.5 * usual_[kSignalLogArea]);
  const double vx = (m[kSignalX] - before_[kSignalX]) / size, vy = (m[kSignalY] - before_[kSignalY]) / size;
  const double last_x = first ? vx : velocity_x_, last_y = first ? vy : velocity_y_;
  const double speed = std::sqrt(vx * vx + vy * vy), last = std::sqrt(last_x * last_x + last_y * last_y);
  const double change = std::sqrt((vx - last_x) * (vx - last_x) + (vy - last_y) * (vy - last_y));
  const double both = speed * last + kStill * kStill;
  const double turn = (last_x * vy - last_y * vx) / both;
  const double axis_told = std::min(1.0, m[kSignalElongation] / kRound);
  const double rotation = std::clamp(m[kSignalTurned] - before_[kSignalTurned], -3.0, 3.0) * axis_told;
  // cos 2(way - axis): 1 along the axis, -1 across.
  const double axis_x = std::cos(2 * m[kSignalTurned]), axis_y = std::sin(2 * m[kSignalTurned]);
  const double along = ((vx * vx - vy * vy) * axis_x + 2 * vx * vy * axis_y) / (speed * speed + kStill * kStill);

  size_t n = 0;
  const auto put = [&](double value) { out[n++] = static_cast<float>(value); };
  put(logarithm(speed));
  put(logarithm(change));
  put((speed - last) / (speed + last + kStill));
  put(turn);
  put(std::abs(turn));
  put((last_x * vx + last_y * vy) / both);
  put(rotation);
  put(logarithm(std::abs(rotation)));
  put(along * axis_told);
  put(m[kSignalElongation]);
  for (const ActionSignal i : {kSignalElongation, kSignalLogSpread, kSignalLogArea}) {
    put(m[i] - usual_[i]);
    put(m[i] - before_[i]);
  }
  put(m[kSignalAlone]);
  if (inputs.hlac)
    for (size_t i = kSignalHlac; i < kActionSignals; ++i) put(m[i] - usual_[i]);
  if (inputs.events) {
    const double on = m[kSignalEventsOn], off = m[kSignalEventsOff], area = size * size;
    const double rate = logarithm((on + off) * step_s / area);
    put(rate);
    put(first ? 0.0 : rate - event_rate_);
    put((on - off) * step_s / ((on + off) * step_s + 1));
    event_rate_ = rate;
  }
  velocity_x_ = vx;
  velocity_y_ = vy;
  before_ = m;
}

}  // namespace flashcell::tracking
