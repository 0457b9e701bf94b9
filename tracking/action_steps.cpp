#include "tracking/action_steps.hpp"

#include <algorithm>
#include <numbers>

namespace flashcell::tracking {
namespace {

constexpr double kPixelMoment = 1.0 / 6;  ///< second moments of one pixel, both axes: no object is flatter

double long_axis(const ActionLook& look) {
  return 0.5 * std::atan2(2 * look.cov_xy, look.cov_xx - look.cov_yy);
}

}  // namespace

ActionLook make_action_look(const Detection& detection, uint32_t events_on, uint32_t events_off) {
  ActionLook look{detection.area, detection.cov_xx, detection.cov_xy, detection.cov_yy, {}, events_on, events_off};
  if (detection.has_hlac) look.hlac = detection.hlac;
  return look;
}

void ActionSteps::begin(const ActionSighting& sighting) {
  signals_ = {};
  sums_ = {};
  signals_[kSignalX] = sighting.x;
  signals_[kSignalY] = sighting.y;
  looked_ = false;
  if (sighting.look != nullptr) look_at(*sighting.look, 0);
  time_s_ = sighting.time_s;
  step_ = step_of(sighting.time_s);
  covered_s_ = 0;
  begun_ = true;
}

void ActionSteps::move_on(const ActionSighting& sighting) {
  signals_[kSignalX] = sighting.x;
  signals_[kSignalY] = sighting.y;
  signals_[kSignalAlone] = 0;
  if (sighting.look != nullptr) look_at(*sighting.look, sighting.time_s - time_s_);
  time_s_ = std::max(time_s_, sighting.time_s);
}

// What cannot be seen stays as it was.
void ActionSteps::look_at(const ActionLook& look, double since_s) {
  const double area = std::max(look.area, 1.0), size = std::sqrt(area);
  const double axis = long_axis(look);
  double turned = axis - axis_;
  turned -= std::numbers::pi * std::round(turned / std::numbers::pi);
  signals_[kSignalTurned] = looked_ ? signals_[kSignalTurned] + turned : axis;
  axis_ = axis;
  looked_ = true;
  const double spread = look.cov_xx + look.cov_yy + kPixelMoment;
  const double along = look.cov_xx - look.cov_yy, across = 2 * look.cov_xy;
  signals_[kSignalLogArea] = std::log(area);
  signals_[kSignalElongation] = std::sqrt(along * along + across * across) / spread;
  signals_[kSignalLogSpread] = std::log(spread / area);
  signals_[kSignalAlone] = 1;
  if (since_s > 0) {
    signals_[kSignalEventsOn] = look.events_on / since_s;
    signals_[kSignalEventsOff] = look.events_off / since_s;
  }
  for (size_t i = 1; i < look.hlac.size(); ++i) signals_[kSignalHlac + i - 1] = (1 - double{look.hlac[i]}) * size;
}

void ActionSteps::add_part(const ActionSignals& before, double from, double to, double duration) {
  const double middle = 0.5 * (from + to);
  for (size_t i = 0; i < sums_.size(); ++i) sums_[i] += duration * (before[i] + middle * (signals_[i] - before[i]));
  covered_s_ += duration;
}

const ActionSignals& ActionSteps::end_step() {
  // A track that begins at a step's end has nothing in it but that moment.
  for (size_t i = 0; i < sums_.size(); ++i) means_[i] = covered_s_ > 0 ? sums_[i] / covered_s_ : signals_[i];
  sums_ = {};
  covered_s_ = 0;
  ++step_;
  return means_;
}

}  // namespace flashcell::tracking
