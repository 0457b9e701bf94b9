#include "host/synth/action_schedule.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/synth/random.hpp"
#include "host/synth/turn.hpp"

namespace flashcell::host {
namespace {

constexpr double kRadiansATurn = 6.283185307179586;
constexpr double kStepsASecond = 4, kSway = 0.015;  // of a walk: rate, and how far the heading sways, turns

SceneAction next_action(CounterRandom& random, SceneAction last) {
  const uint32_t others = random.below(static_cast<uint32_t>(kSceneActionNames.size()) - 1);
  return static_cast<SceneAction>(others + (others >= static_cast<uint32_t>(last) ? 1 : 0));
}

double signed_rate(CounterRandom& random, double low, double high) {
  const double rate = random.uniform(low, high);
  return random.below(2) == 0 ? rate : -rate;
}

}  // namespace

ActionSchedule::ActionSchedule(uint64_t seed, uint64_t stream, double fps, double frames, double radius, double speed)
    : fps_(fps) {
  CounterRandom random(seed, stream);
  Span span{SceneAction::walking, 0, 0, 0, 0, random.uniform(), speed, 0};
  // The first one began before the recording did.
  span.begin = -fps * random.uniform(0, 0.5);
  span.action = static_cast<SceneAction>(random.below(static_cast<uint32_t>(kSceneActionNames.size())));
  while (true) {
    const bool leaps = span.action == SceneAction::jumping;
    span.end = span.begin + std::max(1.0, fps * (leaps ? random.uniform(0.3, 0.5) : random.uniform(0.5, 1.2)));
    const double leap = random.uniform(4, 7) * radius / (span.end - span.begin);
    const double turn = signed_rate(random, 0.4, 0.7) / fps, spin = signed_rate(random, 1.2, 2.5) / fps;
    span.speed = leaps ? leap : span.action == SceneAction::walking || span.action == SceneAction::turning ? speed : 0;
    span.rotation = span.action == SceneAction::turning ? turn : span.action == SceneAction::spinning ? spin : 0;
    spans_.push_back(span);
    const Pose end = at(span, span.end, fps);
    // Where the sway ends is where the next one looks: no step in the heading.
    span.x = end.x;
    span.y = end.y;
    span.heading = end.heading;
    span.begin = span.end;
    if (span.begin >= frames) break;
    span.action = next_action(random, span.action);
  }
  spans_.push_back(
      {SceneAction::stopping, span.begin, std::numeric_limits<double>::infinity(), span.x, span.y, span.heading, 0, 0});
}

ActionSchedule::Pose ActionSchedule::at(const Span& span, double frame, double fps) {
  const double t = frame - span.begin, turned = span.rotation * t;
  Pose pose{span.x, span.y, span.heading + turned, 1};
  const double cosine = cosine_of_turns(span.heading), sine = sine_of_turns(span.heading);
  if (span.action == SceneAction::turning) {
    const double radius = span.speed / (kRadiansATurn * span.rotation);
    pose.x += radius * (sine_of_turns(pose.heading) - sine);
    pose.y -= radius * (cosine_of_turns(pose.heading) - cosine);
    return pose;
  }
  pose.x += span.speed * t * cosine;
  pose.y += span.speed * t * sine;
  if (span.action == SceneAction::walking) pose.heading += kSway * sine_of_turns(kStepsASecond * t / fps);
  if (span.action == SceneAction::jumping) {
    const double share = t / (span.end - span.begin);
    pose.scale += (kLargest - 1) * 4 * share * (1 - share);
  }
  return pose;
}

ActionSchedule::Pose ActionSchedule::at(double frame) const {
  const auto after =
      std::upper_bound(spans_.begin(), spans_.end(), frame, [](double f, const Span& s) { return f < s.begin; });
  return at(after == spans_.begin() ? *after : *(after - 1), frame, fps_);
}

}  // namespace flashcell::host
