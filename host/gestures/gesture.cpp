#include "host/gestures/gesture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "host/event_simulator/event_simulator.hpp"
#include "host/synth/random.hpp"
#include "host/synth/turn.hpp"

namespace flashcell::host {
namespace {

constexpr uint64_t kPersonStream = 1;
constexpr double kUpperArm = 23, kForearm = 22, kShoulder = 15;  // px of a person of size 1

/// Light over what is there where a stroke from a to b, `radius` px thick to each side, covers it.
void stroke(std::span<float> values, double ax, double ay, double bx, double by, double radius, double light) {
  constexpr int kSide = Gesture::kSide;
  const auto limit = [](double value) { return static_cast<int>(std::clamp(value, 0.0, static_cast<double>(kSide))); };
  const int x0 = limit(std::min(ax, bx) - radius - 1), x1 = limit(std::max(ax, bx) + radius + 2);
  const int y0 = limit(std::min(ay, by) - radius - 1), y1 = limit(std::max(ay, by) + radius + 2);
  const double dx = bx - ax, dy = by - ay, length2 = dx * dx + dy * dy;
  for (int y = y0; y < y1; ++y) {
    for (int x = x0; x < x1; ++x) {
      const double along = length2 > 0 ? std::clamp(((x - ax) * dx + (y - ay) * dy) / length2, 0.0, 1.0) : 0;
      const double px = x - ax - along * dx, py = y - ay - along * dy;
      const double covered = std::clamp(radius + 0.5 - std::sqrt(px * px + py * py), 0.0, 1.0);
      if (covered <= 0) continue;
      float& value = values[static_cast<size_t>(y) * kSide + static_cast<size_t>(x)];
      // A rounded thing is darker towards its lower side.
      const double shade = 1 - 0.25 * std::clamp(py / radius, -0.3, 1.0);
      value = static_cast<float>(value + (light * shade - static_cast<double>(value)) * covered);
    }
  }
}

}  // namespace

void check(const GestureParameters& parameters) {
  if (parameters.label < 0 || parameters.label >= static_cast<int>(kGestureNames.size()))
    throw Error(Fault::usage,
                fmt::format("gesture: class {}, must be 0 to {}", parameters.label, kGestureNames.size() - 1));
  if (!(parameters.seconds >= 0.01 && parameters.seconds <= 60))
    throw Error(Fault::usage, fmt::format("gesture: {} s long, must be 0.01 to 60", parameters.seconds));
}

Gesture::Gesture(const GestureParameters& parameters) : parameters_((check(parameters), parameters)) {
  CounterRandom random(parameters_.seed, kPersonStream);
  size_ = random.uniform(0.8, 1.15);
  centre_x_ = 64 + random.uniform(-9, 9);
  shoulder_y_ = 52 + random.uniform(-7, 7);
  rate_ = random.uniform(0.9, 2.2);
  phase_ = random.uniform();
  reach_ = random.uniform(0.75, 1.2);
  uneven_ = random.uniform(0.85, 1.15);
  sway_rate_ = random.uniform(0.3, 0.9);
  sway_ = random.uniform(0, 1.6);
  skin_ = random.uniform(120, 220);
  cloth_ = random.uniform(15, 110);
  background_ = random.uniform(40, 160);
  // What is seen must differ from what is behind it.
  if (std::abs(background_ - cloth_) < 25) background_ = cloth_ + 45;
  if (std::abs(background_ - skin_) < 30) background_ = skin_ - 60;
  lean_ = random.uniform(-0.06, 0.06);
  other_ = static_cast<int>(random.below(4));
}

Gesture::Place Gesture::body(double moment) const {
  return {sway_ * sine_of_turns(sway_rate_ * moment + phase_),
          0.5 * sway_ * cosine_of_turns(1.7 * sway_rate_ * moment)};
}

Gesture::Place Gesture::hand(bool right, double moment) const {
  // From the shoulder, px of a person of size 1; x away from the body.
  const double turn = rate_ * moment + phase_;
  const double s = sine_of_turns(turn), c = cosine_of_turns(turn);
  const Place rest{5, 43};
  const auto circle = [&](bool clockwise) {
    // A hand on the picture's left moves away from the body where the picture's x falls.
    const double way = clockwise == right ? -1.0 : 1.0;
    return Place{19 + 17 * reach_ * c, -6 + way * 19 * reach_ * s};
  };
  const auto wave = [&] { return Place{11 + 13 * reach_ * s, -27 - 3 * c * c}; };
  switch (parameters_.label) {
    case 0:  // from apart to together, before the chest
      return {-kShoulder + 2 + 17 * reach_ * (0.5 + 0.5 * s), 19 + 3 * c};
    case 1:
      return right ? wave() : rest;
    case 2:
      return right ? rest : wave();
    case 3:
      return right ? circle(true) : rest;
    case 4:
      return right ? circle(false) : rest;
    case 5:
      return right ? rest : circle(true);
    case 6:
      return right ? rest : circle(false);
    case 7: {  // the forearms around each other, as seen a flat circle
      const double way = right ? 1 : -1;
      return {-kShoulder + 3 + 6 * way * c, 22 + 11 * reach_ * way * s};
    }
    case 8: {  // up and down in turn
      const double beat = sine_of_turns(turn * uneven_ + (right ? 0 : 0.5));
      return {3 + 2 * beat, 20 - 15 * reach_ * beat};
    }
    case 9:  // one hand strums, the other holds the neck
      return right ? Place{-8 + 3 * c, 32 + 12 * reach_ * s}
                   : Place{15 + 4 * sine_of_turns(0.4 * turn), 11 + 3 * sine_of_turns(0.4 * turn)};
    default:
      break;
  }
  switch (other_) {
    case 0:  // both arms up and down at once
      return {22 + 3 * c, 4 - 28 * reach_ * s};
    case 1:  // both arms sideways, out and in
      return {20 + 18 * reach_ * s, 2};
    case 2: {  // an eight
      return {14 + 14 * reach_ * s, -4 + 14 * reach_ * sine_of_turns(2 * turn)};
    }
    default:  // one hand to the head and back
      return right ? Place{-6 + 8 * (0.5 + 0.5 * c), 10 - 32 * (0.5 + 0.5 * s)} : rest;
  }
}

bool Gesture::is_raised(bool right) const {
  switch (parameters_.label) {
    case 1:
    case 3:
    case 4:
      return right;
    case 2:
    case 5:
    case 6:
      return !right;
    case 10:
      return other_ != 3;
    default:
      return false;
  }
}

Gesture::Arm Gesture::arm(bool right, double moment) const {
  const Place at = body(moment), target = hand(right, moment);
  const double way = right ? -1 : 1;
  Arm arm;
  arm.shoulder = {centre_x_ + at.x + way * kShoulder * size_, shoulder_y_ + at.y + way * lean_ * 40};
  // Two links reach for the target. Of a raised arm the elbow is below the line to the hand, of another one outside.
  double dx = way * target.x * size_, dy = target.y * size_;
  const double upper = kUpperArm * size_, fore = kForearm * size_;
  double distance = std::sqrt(dx * dx + dy * dy);
  const double most = 0.98 * (upper + fore);
  if (distance > most) {
    dx *= most / distance;
    dy *= most / distance;
    distance = most;
  }
  distance = std::max(distance, 2.0);
  arm.hand = {arm.shoulder.x + dx, arm.shoulder.y + dy};
  const double along = (upper * upper - fore * fore + distance * distance) / (2 * distance);
  const double beside = std::sqrt(std::max(0.0, upper * upper - along * along));
  const double nx = -dy / distance, ny = dx / distance;
  const double side = is_raised(right) ? way : -way;
  arm.elbow = {arm.shoulder.x + along * dx / distance + side * beside * nx,
               arm.shoulder.y + along * dy / distance + side * beside * ny};
  return arm;
}

void Gesture::light(double moment, std::span<float> values) const {
  // Light falls off to one side.
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x)
      values[static_cast<size_t>(y) * kSide + static_cast<size_t>(x)] =
          static_cast<float>(background_ * (0.9 + 0.2 * x / kSide));
  const Place at = body(moment);
  const double x = centre_x_ + at.x, y = shoulder_y_ + at.y;
  stroke(values, x, y + 10 * size_, x, y + 80 * size_, 15 * size_, cloth_);
  stroke(values, x - 9 * size_, y + 2 * size_, x + 9 * size_, y + 2 * size_, 6 * size_, cloth_);
  stroke(values, x, y - 8 * size_, x, y - 2 * size_, 4 * size_, skin_ * 0.85);
  stroke(values, x, y - 20 * size_, x, y - 16 * size_, 8.5 * size_, skin_);
  stroke(values, x - 3 * size_, y - 26 * size_, x + 3 * size_, y - 26 * size_, 4 * size_, cloth_ * 0.6);
  for (const bool right : {false, true}) {
    const Arm a = arm(right, moment);
    stroke(values, a.shoulder.x, a.shoulder.y, a.elbow.x, a.elbow.y, 4.6 * size_, cloth_ * 1.15);
    stroke(values, a.elbow.x, a.elbow.y, a.hand.x, a.hand.y, 3.6 * size_, skin_ * 0.95);
    stroke(values, a.hand.x, a.hand.y, a.hand.x, a.hand.y, 4.6 * size_, skin_);
  }
}

double Gesture::step(double moment) const {
  constexpr double kInstant = 1e-3;
  double most = 1e-3;
  for (const bool right : {false, true}) {
    const Arm now = arm(right, moment), then = arm(right, moment + kInstant);
    most = std::max({most, std::abs(then.hand.x - now.hand.x), std::abs(then.hand.y - now.hand.y),
                     std::abs(then.elbow.x - now.elbow.x), std::abs(then.elbow.y - now.elbow.y)});
  }
  return std::clamp(kInstant / most, 0.5e-3, 5e-3);
}

std::vector<Event> gesture_events(const GestureParameters& parameters, const EventSensor& sensor, int threads) {
  const Gesture gesture(parameters);
  EventSimulator simulator(sensor, Gesture::kSide, Gesture::kSide, threads);
  std::vector<float> light(static_cast<size_t>(Gesture::kSide) * Gesture::kSide);
  std::vector<Event> events;
  double moment = 0;
  gesture.light(moment, light);
  simulator.advance(light, 0, events);
  while (moment < parameters.seconds) {
    moment += gesture.step(moment);
    // A rest of less than a microsecond would be no time for the simulator.
    if (moment > parameters.seconds - 1e-6) moment = parameters.seconds;
    gesture.light(moment, light);
    simulator.advance(light, std::llround(1e9 * moment), events);
  }
  simulator.finish(events);
  return events;
}

}  // namespace flashcell::host
