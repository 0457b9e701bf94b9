#pragma once
#include <cstdint>
#include <vector>

#include "host/driving/driving_parameters.hpp"
#include "host/driving/light_image.hpp"
#include "host/driving/painter.hpp"
#include "host/driving/street_camera.hpp"
#include "host/driving/street_light.hpp"

namespace flashcell::host {

// Where things are across the road, m: traffic keeps to the right, the camera's lane is around 0.
constexpr float kLaneWidth = 3.5F;
constexpr float kRoadLeft = -5.25F, kRoadRight = 1.75F;
constexpr float kKerbLeft = -7.5F, kKerbRight = 3.95F;
constexpr float kWallLeft = -10.8F, kWallRight = 7.4F;

/// A lamp that is in the picture, with what it scatters around itself.
struct VisibleLamp {
  Point2 at;
  float radius;  ///< px
  Colour light;
  uint16_t owner;
};

/// Everything that keeps its place: sky, houses, road, trees, lamp posts. Houses are walls along both sides, in slots
/// of kSlot metres, some empty.
class Street {
 public:
  explicit Street(const DrivingParameters& parameters);

  const StreetLight& light() const { return light_; }
  bool has_crossing() const { return crossing_; }
  float crossing_z() const { return crossing_z_; }

  /// Fills the whole image: sky, walls, ground.
  void draw_background(LightImage& image, const StreetCamera& camera) const;

  /// Trees and lamp posts, each at its place along the road.
  struct Post {
    float x, z;
    bool lamp;
    uint32_t look;
  };
  const std::vector<Post>& posts() const { return posts_; }
  void draw_post(const Post& post, Painter& painter, std::vector<VisibleLamp>& lamps) const;

 private:
  struct Column;
  struct House {
    bool here;
    float height;
    Colour wall;
    uint32_t look;
  };

  House house_at(bool left, float z) const;
  Column column_at(float u, const StreetCamera& camera) const;
  Colour sky_at(float u, float v, const StreetCamera& camera) const;
  Colour wall_at(const Column& column, float v, const StreetCamera& camera) const;
  Colour ground_at(float u, float v, const StreetCamera& camera) const;

  uint64_t seed_;
  bool night_;
  StreetLight light_;
  Colour haze_, zenith_, horizon_;
  bool clouds_, low_sun_, crossing_;
  float sun_u_, sun_v_, crossing_z_;
  std::vector<Post> posts_;
};

}  // namespace flashcell::host
