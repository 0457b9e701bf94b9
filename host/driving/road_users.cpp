#include "host/driving/road_users.hpp"

#include <cmath>
#include <utility>

#include "host/driving/figures.hpp"
#include "host/synth/random.hpp"

namespace flashcell::host {
namespace {

constexpr uint64_t kUserStream = 5000;

/// Draws road users of one scene.
class Crowd {
 public:
  Crowd(const DrivingParameters& parameters, const Street& street, float own_speed)
      : random_(parameters.seed, kUserStream),
        street_(street),
        own_speed_(own_speed),
        reach_(80 + own_speed * static_cast<float>(parameters.seconds)) {}

  std::vector<RoadUser> draw() {
    parked(kKerbRight - 1.05F, 0.25 + 0.4 * random_.uniform());
    parked(kKerbLeft + 1.05F, 0.25 + 0.4 * random_.uniform());
    traffic();
    walkers();
    cyclists();
    if (street_.has_crossing()) across();
    return std::move(users_);
  }

 private:
  float between(double low, double high) { return static_cast<float>(random_.uniform(low, high)); }
  bool with_probability(double p) { return random_.uniform() < p; }

  void add(RoadUserKind kind, float x, float z, float speed_x, float speed_z, bool brakes = false) {
    // What is parked stands as those beside it drive.
    const bool towards = speed_z < 0 || (speed_z == 0 && x < kRoadLeft);
    users_.push_back({kind, x, z, speed_x, speed_z, towards, brakes, static_cast<uint32_t>(random_.bits() >> 32)});
  }

  void parked(float x, double share) {
    for (float z = between(5, 11); z < reach_; z += between(5.6, 7.5)) {
      const bool kept_free = street_.has_crossing() && std::abs(z - street_.crossing_z()) < 12;
      if (with_probability(share) && !kept_free) add(RoadUserKind::car, x, z, 0, 0);
    }
  }

  void traffic() {
    float z = between(7, 22);
    const float own_lane = own_speed_ * between(0.7, 1.05);
    const bool brakes = with_probability(0.4);
    for (int i = 0; i < 3 && with_probability(0.75); ++i, z += between(9, 22))
      add(RoadUserKind::car, between(-0.25, 0.25), z, 0, own_lane, brakes);
    for (z = between(8, 25); z < reach_ + 60; z += between(11, 45))
      if (with_probability(0.7)) add(RoadUserKind::car, -kLaneWidth + between(-0.2, 0.2), z, 0, -between(7, 14));
  }

  void walkers() {
    for (float z = between(5, 12); z < reach_; z += between(3, 14)) {
      const bool left = with_probability(0.5), away = with_probability(0.5);
      const float x = left ? between(kWallLeft + 0.8, kKerbLeft - 0.4) : between(kKerbRight + 0.4, kWallRight - 0.8);
      add(RoadUserKind::person, x, z, 0, (away ? 1.0F : -1.0F) * between(0.8, 1.7));
    }
    const int crossing = static_cast<int>(random_.below(4));
    for (int i = 0; i < crossing; ++i) {
      const float z = street_.has_crossing() ? street_.crossing_z() - between(6.2, 8.8) : between(8, 40);
      const float side = with_probability(0.5) ? 1.0F : -1.0F;
      add(RoadUserKind::person, between(-6, 4), z, side * between(0.9, 1.9), 0);
    }
  }

  void cyclists() {
    const int count = static_cast<int>(random_.below(4));
    for (int i = 0; i < count; ++i) {
      if (with_probability(0.6)) {
        add(RoadUserKind::bicycle, between(1.1, 1.5), between(7, 35), 0, between(3, 6));
      } else {
        add(RoadUserKind::bicycle, between(-5.2, -4.8), between(9, 45), 0, -between(3, 6));
      }
    }
    if (with_probability(0.45)) {
      const float side = with_probability(0.5) ? 1.0F : -1.0F;
      const float z = street_.has_crossing() ? street_.crossing_z() + between(-3, 3) : between(9, 30);
      add(RoadUserKind::bicycle, between(-6, 4), z, side * between(2.5, 5), 0);
    }
  }

  void across() {
    for (int i = 0; i < 2; ++i) {
      if (!with_probability(0.55)) continue;
      const float side = i == 0 ? 1.0F : -1.0F;
      add(RoadUserKind::car, between(-8, 5), street_.crossing_z() + 1.9F * side, side * between(3, 9), 0);
    }
  }

  CounterRandom random_;
  const Street& street_;
  float own_speed_, reach_;
  std::vector<RoadUser> users_;
};

}  // namespace

std::vector<RoadUser> populate(const DrivingParameters& parameters, const Street& street, float own_speed) {
  return Crowd(parameters, street, own_speed).draw();
}

Point2 extent(const RoadUser& user) {
  switch (user.kind) {
    case RoadUserKind::person:
      return {0.45F, 1.95F};
    case RoadUserKind::bicycle:
      return {user.speed_x != 0 ? 0.95F : 0.4F, 1.85F};
    case RoadUserKind::car:
      break;
  }
  return {user.speed_x != 0 ? 2.6F : 1.05F, 2.4F};
}

void draw_road_user(const RoadUser& user, uint16_t owner, float seconds, const Street& street, Painter& painter,
                    std::vector<VisibleLamp>& lamps) {
  painter.begin(owner);
  switch (user.kind) {
    case RoadUserKind::person:
      draw_person(user, owner, seconds, street, painter);
      break;
    case RoadUserKind::bicycle:
      draw_bicycle(user, owner, seconds, street, painter, lamps);
      break;
    case RoadUserKind::car:
      draw_car(user, owner, seconds, street, painter, lamps);
      break;
  }
}

}  // namespace flashcell::host
