#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "host/driving/driving_parameters.hpp"
#include "host/driving/light_image.hpp"
#include "host/driving/rgb_camera.hpp"
#include "host/driving/road_users.hpp"
#include "host/driving/street.hpp"
#include "host/event_simulator/event_sensor.hpp"
#include "host/event_simulator/event_simulator.hpp"
#include "pipeline/event.hpp"

namespace flashcell::host {

/// Where a road user is in the picture, to the pixel: the pixels that it would have if nothing hid it, of those in the
/// picture.
struct DrivingBox {
  int id = 0;  ///< the road user, from 1: the same in every frame of the scene
  RoadUserKind kind = RoadUserKind::car;
  int left = 0, top = 0, width = 0, height = 0;  ///< px
  int pixels = 0;                                ///< of the silhouette, hidden ones too
  double visible = 0;                            ///< share of them that nothing hides, 0..1
  double distance = 0;                           ///< m, along the road
};

struct DrivingPicture {
  std::vector<uint8_t> rgb;       ///< red, green, blue, row by row
  std::vector<DrivingBox> boxes;  ///< at the exposure's middle, the nearest last
  Exposure exposure;
};

/// A street that is driven along, by day or night: a perspective camera at the height of a driver's eyes, moving on and
/// shaking; houses, trees, lamps, cars, people, bicycles. The same for the same parameters on every machine. May be
/// asked for any moment in any order, by several threads at once. Moments are seconds from the beginning.
class DrivingScene {
 public:
  /// Throws Error(Fault::usage) as check() does.
  explicit DrivingScene(const DrivingParameters& parameters);

  const DrivingParameters& parameters() const { return parameters_; }

  /// What a colour camera makes of an exposure around `moment`: motion blur, noise by light, and the boxes then.
  /// Silhouettes of fewer than `least_pixels` have no box.
  DrivingPicture render(double moment, int least_pixels = 24) const;

  /// The moment's light without noise or blur, as the event simulator takes it with sensor(): width * height values.
  void light(double moment, std::span<float> values) const;

  /// `sensor` told the unit of light().
  static EventSensor sensor(EventSensor sensor = {});

  /// How long until something in the picture has moved by about one pixel, s, 0.5 to 5 ms.
  double step(double moment) const;

 private:
  StreetCamera camera_at(double moment) const;
  /// Draws everything; boxes where wanted.
  void draw(double moment, LightImage& image, std::vector<DrivingBox>* boxes, int least_pixels) const;

  DrivingParameters parameters_;
  Street street_;
  float speed_;       // m/s
  float shake_[6];    // turns a second, phases of pitch and yaw
  float shake_size_;  // px
  std::vector<RoadUser> users_;
};

/// The events of a scene, from a moment on.
class DrivingEvents {
 public:
  /// `scene` must stay. `threads` 0: one for each processor.
  DrivingEvents(const DrivingScene& scene, const EventSensor& sensor, double begin = 0, int threads = 1);

  /// Appends the events from where it stands until `moment`, which lies behind it.
  void advance(double moment, std::vector<Event>& out);
  /// Appends what was still on its way.
  void finish(std::vector<Event>& out) { simulator_.finish(out); }

 private:
  const DrivingScene& scene_;
  EventSimulator simulator_;
  std::vector<float> light_;
  double moment_;
};

}  // namespace flashcell::host
