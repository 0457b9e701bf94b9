#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "host/event_simulator/event_sensor.hpp"
#include "pipeline/event.hpp"

namespace flashcell::host {

/// The classes of DVS128 Gesture (Amir et al., CVPR 2017), in its order. A person's right arm is at the picture's left;
/// clockwise is meant as the camera sees it.
constexpr std::array<std::string_view, 11> kGestureNames{"hand_clapping",
                                                         "right_hand_wave",
                                                         "left_hand_wave",
                                                         "right_arm_clockwise",
                                                         "right_arm_counter_clockwise",
                                                         "left_arm_clockwise",
                                                         "left_arm_counter_clockwise",
                                                         "arm_roll",
                                                         "air_drums",
                                                         "air_guitar",
                                                         "other"};

struct GestureParameters {
  int label = 0;         ///< 0..10, of kGestureNames
  uint64_t seed = 1;     ///< who, how large, how fast, where, in what light
  double seconds = 1.5;  ///< 0.01..60
};

/// Throws Error(Fault::usage) that names what is out of its range.
void check(const GestureParameters& parameters);

/// A person who makes a gesture before a camera of 128x128 pixels: head and body, which sway a little, and two arms of
/// two parts each, whose hands follow the gesture. Pictures are the same on every machine, for any moment in any order.
class Gesture {
 public:
  static constexpr int kSide = 128;

  explicit Gesture(const GestureParameters& parameters);

  const GestureParameters& parameters() const { return parameters_; }
  /// Grey levels 0..255 proportional to light, kSide * kSide of them, at `moment` s.
  void light(double moment, std::span<float> values) const;
  /// How long until a hand has moved by about one pixel, s, 0.5 to 5 ms.
  double step(double moment) const;

 private:
  struct Place {
    double x = 0, y = 0;  // px
  };
  struct Arm {
    Place shoulder, elbow, hand;
  };

  Place hand(bool right, double moment) const;
  bool is_raised(bool right) const;
  Arm arm(bool right, double moment) const;
  Place body(double moment) const;

  GestureParameters parameters_;
  double size_, centre_x_, shoulder_y_;
  double rate_, phase_, reach_, uneven_;  // of the gesture: 1/s, turns, a factor, left against right
  double sway_rate_, sway_, skin_, cloth_, background_, lean_;
  int other_;
};

/// A whole gesture's events; `sensor`'s seed is taken as it is. `threads` 0: one for each processor.
std::vector<Event> gesture_events(const GestureParameters& parameters, const EventSensor& sensor, int threads = 1);

}  // namespace flashcell::host
