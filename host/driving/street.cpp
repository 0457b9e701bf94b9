#include "host/driving/street.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "host/synth/random.hpp"

namespace flashcell::host {
namespace {

constexpr uint64_t kStreetStream = 1000, kHouseStream = 2000, kPostStream = 3000;
constexpr float kSlot = 14;        // m of street a house takes
constexpr float kReach = 130;      // m that are seen
constexpr float kHazeLength = 90;  // m
constexpr float kStorey = 3.1F, kWindowPitch = 2.4F;
constexpr float kPi = 3.14159265F;

uint32_t mixed(uint32_t x) {
  x = (x ^ (x >> 16)) * 0x7FEB352DU;
  x = (x ^ (x >> 15)) * 0x846CA68BU;
  return x ^ (x >> 16);
}

uint32_t lattice(int x, int y, uint32_t key) {
  return mixed(static_cast<uint32_t>(x) * 0x9E3779B1U ^ mixed(static_cast<uint32_t>(y) * 0x85EBCA77U ^ key));
}

float share_of(uint32_t bits) {
  return static_cast<float>(bits >> 8) * 0x1p-24F;
}

/// Smooth noise of one cell a unit, 0..1.
float value_noise(float x, float y, uint32_t key) {
  const float fx = std::floor(x), fy = std::floor(y);
  const int ix = static_cast<int>(fx), iy = static_cast<int>(fy);
  const float a = x - fx, b = y - fy, u = a * a * (3 - 2 * a), v = b * b * (3 - 2 * b);
  const float top = share_of(lattice(ix, iy, key)) * (1 - u) + share_of(lattice(ix + 1, iy, key)) * u;
  const float bottom = share_of(lattice(ix, iy + 1, key)) * (1 - u) + share_of(lattice(ix + 1, iy + 1, key)) * u;
  return top * (1 - v) + bottom * v;
}

/// Share of an interval of `size` around `at` that lies in begin..end.
float overlap(float at, float size, float begin, float end) {
  const float low = std::max(at - 0.5F * size, begin), high = std::min(at + 0.5F * size, end);
  return std::clamp((high - low) / size, 0.0F, 1.0F);
}

/// The same where begin..end comes again every `period`; the average where the interval is longer than that.
float periodic_overlap(float at, float size, float period, float begin, float end) {
  if (size >= period) return (end - begin) / period;
  const float phase = at - period * std::floor(at / period);
  return std::min(1.0F, overlap(phase, size, begin, end) + overlap(phase, size, begin - period, end - period) +
                            overlap(phase, size, begin + period, end + period));
}

/// Hidden by the air on the way.
float haze_share(float distance) {
  return std::clamp((distance - 15) / (kHazeLength * 1.6F), 0.0F, 0.85F);
}

}  // namespace

/// What is the same along a column of the picture: the wall that it hits.
struct Street::Column {
  bool wall;
  bool left;
  float distance;     // m
  float top, bottom;  // rows
  House house;
  float along;          // m along the house
  float metres_across;  // of a pixel, along the wall
  float haze;
};

Street::Street(const DrivingParameters& parameters) : seed_(parameters.seed), night_(parameters.night) {
  CounterRandom random(seed_, kStreetStream);
  const auto between = [&](double low, double high) { return static_cast<float>(random.uniform(low, high)); };
  light_.night = night_;
  light_.lamp_phase = between(0, 30);
  clouds_ = random.uniform() < 0.7;
  const bool overcast = random.uniform() < 0.35;
  low_sun_ = !night_ && !overcast && random.uniform() < 0.25;
  sun_u_ = between(-0.35, 0.35);
  sun_v_ = between(-0.35, -0.15);
  if (night_) {
    const float glow = between(0.1, 0.8);
    light_.sky = Colour{1, 0.85F, 0.75F} * glow;
    if (random.uniform() < 0.25) light_.lamp_spacing = 0;
    zenith_ = Colour{0.3F, 0.35F, 0.6F} * (0.05F * glow);
    horizon_ = Colour{1, 0.75F, 0.5F} * (0.25F * glow);
    haze_ = horizon_ * 0.4F;
  } else {
    const float strength = between(0.5, 1.2);
    light_.sky = Colour{0.9F, 0.97F, 1.1F} * (overcast ? 9000 * strength : 7000 * strength);
    if (!overcast) light_.sun = Colour{1, 0.94F, 0.84F} * (26000 * strength);
    const float side = between(-0.8, 0.8), along = between(-0.6, 0.6),
                norm = 1 / std::sqrt(side * side + 1 + along * along);
    light_.to_sun = {side * norm, norm, along * norm};
    zenith_ = (overcast ? Colour{0.75F, 0.78F, 0.82F} : Colour{0.35F, 0.55F, 0.95F}) * (9000 * strength);
    horizon_ = Colour{0.85F, 0.9F, 0.97F} * (10500 * strength);
    haze_ = horizon_ * 0.85F;
  }
  crossing_ = random.uniform() < 0.5;
  crossing_z_ = between(16, 45);

  CounterRandom places(seed_, kPostStream);
  const float end = kReach + 30 * static_cast<float>(parameters.seconds);
  for (float z = 4; z < end; z += static_cast<float>(places.uniform(7, 16))) {
    const bool left = places.uniform() < 0.5;
    if (std::abs(z - crossing_z_) < 8 && crossing_) continue;
    posts_.push_back(
        {left ? kKerbLeft - 0.6F : kKerbRight + 0.6F, z, false, static_cast<uint32_t>(places.bits() >> 32)});
  }
  if (light_.lamp_spacing > 0)
    for (float z = light_.lamp_phase; z < end; z += light_.lamp_spacing)
      posts_.push_back({kKerbRight + 0.4F, z, true, 0});
}

Street::House Street::house_at(bool left, float z) const {
  const int slot = static_cast<int>(std::floor(z / kSlot));
  CounterRandom random(seed_, kHouseStream + 2 * static_cast<uint64_t>(slot + 1000) + (left ? 1 : 0));
  constexpr std::array<Colour, 7> kWalls{{{0.55F, 0.5F, 0.42F},
                                          {0.5F, 0.28F, 0.2F},
                                          {0.62F, 0.6F, 0.58F},
                                          {0.35F, 0.33F, 0.33F},
                                          {0.65F, 0.55F, 0.35F},
                                          {0.42F, 0.45F, 0.5F},
                                          {0.7F, 0.66F, 0.6F}}};
  House house{};
  house.here = random.uniform() < 0.85 &&
               !(crossing_ && std::abs((static_cast<float>(slot) + 0.5F) * kSlot - crossing_z_) < 0.5F * kSlot + 2);
  house.height = 1.2F + kStorey * static_cast<float>(2 + random.below(5));
  house.wall = kWalls[random.below(kWalls.size())];
  house.look = static_cast<uint32_t>(random.bits() >> 32);
  return house;
}

Street::Column Street::column_at(float u, const StreetCamera& camera) const {
  Column column{};
  column.left = u < 0;
  const float beside = column.left ? -kWallLeft : kWallRight, across = std::max(std::abs(u), 0.25F);
  column.distance = camera.focal * beside / across;
  const float z = camera.z + column.distance;
  column.house = house_at(column.left, z);
  column.along = z - kSlot * std::floor(z / kSlot);
  column.metres_across = column.distance / across;
  column.haze = haze_share(column.distance);
  column.wall = column.house.here && column.distance < 300;
  const float scale = camera.focal / column.distance;
  column.top = -(column.house.height - camera.height) * scale;
  column.bottom = camera.height * scale;
  return column;
}

Colour Street::sky_at(float u, float v, const StreetCamera& camera) const {
  const float up = std::clamp(-v / camera.focal * 1.8F, 0.0F, 1.0F);
  Colour sky = mix(horizon_, zenith_, up);
  if (clouds_) {
    const float x = u / camera.focal * 6, y = v / camera.focal * 14;
    const auto key = static_cast<uint32_t>(seed_);
    const float cloud = 0.6F * value_noise(x, y, key) + 0.4F * value_noise(2.3F * x, 2.3F * y, key + 1);
    sky = mix(sky, horizon_ * 1.15F, std::clamp(2.2F * (cloud - 0.45F), 0.0F, 0.8F));
  }
  // Far houses and trees.
  const float angle = u / camera.focal * 30;
  const float roof = 0.01F + 0.035F * value_noise(angle, 0.5F, static_cast<uint32_t>(seed_ >> 7)) +
                     0.015F * share_of(lattice(static_cast<int>(std::floor(angle * 1.7F)), 3, 5));
  const float inside = std::clamp(v + roof * camera.focal + 0.5F, 0.0F, 1.0F);
  return mix(sky, haze_ * (night_ ? 0.5F : 0.6F), inside);
}

Colour Street::wall_at(const Column& column, float v, const StreetCamera& camera) const {
  const House& house = column.house;
  const float y = camera.height - v * column.distance / camera.focal, size = column.distance / camera.focal;
  const Point3 normal{column.left ? 1.0F : -1.0F, 0, 0};
  const Point3 place{column.left ? kWallLeft : kWallRight, y, camera.z + column.distance};
  const Colour light = light_.at(place, normal, camera);
  // Plaster, a darker base, edges of houses, storeys.
  Colour albedo = house.wall;
  const float base = overlap(y, size, -1, 0.7F), top = overlap(y, size, house.height - 0.35F, house.height + 1);
  albedo = mix(albedo, house.wall * 0.55F, std::max(base, top));
  const float corner = overlap(column.along, column.metres_across, 0, 0.25F);
  albedo = mix(albedo, house.wall * 0.6F, corner);
  // Windows: by day dark glass that shows some sky, by night some are lit.
  const bool ground_floor = y < kStorey + 0.6F;
  const bool shop = ground_floor && house.look % 3 == 0;
  const float pitch = shop ? 4.6F : kWindowPitch, width = shop ? 3.8F : 1.2F;
  const float storey = (y - 0.6F) / kStorey;
  const float down = periodic_overlap(y - 0.6F, size, kStorey, shop ? 0.4F : 0.9F, shop ? 2.5F : 2.3F);
  const float across = periodic_overlap(column.along - 0.6F, column.metres_across, pitch, 0, width);
  const float window = y > house.height - 0.8F || y < 0.6F ? 0 : down * across;
  Colour result = albedo * light;
  if (window > 0) {
    const uint32_t which = lattice(static_cast<int>(std::floor((column.along - 0.6F) / pitch)),
                                   static_cast<int>(std::floor(storey)), house.look);
    Colour glass = night_ ? haze_ * 0.2F : mix(light * 0.06F, zenith_ * 0.35F, share_of(which));
    if (night_ && (shop ? house.look % 2 == 0 : which % 5 == 0))
      glass = Colour{1, 0.8F, 0.5F} * ((shop ? 14.0F : 5.0F) * (0.4F + share_of(which ^ 77U)));
    result = mix(result, glass, window);
  }
  return mix(result, haze_, column.haze);
}

Colour Street::ground_at(float u, float v, const StreetCamera& camera) const {
  const float distance = camera.focal * camera.height / v;
  const float x = u * distance / camera.focal, z = camera.z + distance;
  const float wide = distance / camera.focal, deep = distance / v;
  const auto strip = [&](float begin, float end) { return overlap(x, wide, begin, end); };
  Colour albedo{0.16F, 0.17F, 0.1F};  // grass and yards
  albedo = mix(albedo, {0.3F, 0.29F, 0.27F}, std::max(strip(kWallLeft, kKerbLeft), strip(kKerbRight, kWallRight)));
  const bool at_crossing = crossing_ && std::abs(z - crossing_z_) < 5;
  albedo = mix(albedo, {0.115F, 0.115F, 0.12F}, at_crossing ? 1 : strip(kKerbLeft, kKerbRight));
  const float kerb = std::max(strip(kKerbLeft - 0.18F, kKerbLeft), strip(kKerbRight, kKerbRight + 0.18F));
  if (!at_crossing) albedo = mix(albedo, {0.42F, 0.42F, 0.4F}, kerb);
  // Paint: a dashed line between the lanes, lines where parking begins, a zebra before the crossing.
  const float dash = periodic_overlap(z, deep, 9, 0, 3.5F);
  float paint = strip(-kLaneWidth / 2 - 0.08F, -kLaneWidth / 2 + 0.08F) * dash;
  paint = std::max(
      paint, std::max(strip(kRoadLeft - 0.06F, kRoadLeft + 0.06F), strip(kRoadRight - 0.06F, kRoadRight + 0.06F)));
  if (at_crossing) paint = 0;
  if (crossing_) {
    const float zebra = overlap(z, deep, crossing_z_ - 9, crossing_z_ - 6) * strip(kRoadLeft, kRoadRight);
    if (zebra > 0) paint = std::max(paint * (1 - zebra), zebra * periodic_overlap(x, wide, 1.0F, 0, 0.5F));
  }
  albedo = mix(albedo, {0.7F, 0.7F, 0.68F}, paint * 0.9F);
  // Roughness, as far as pixels show it.
  const auto key = static_cast<uint32_t>(seed_ ^ 0x5bd1U);
  const float fine = std::clamp(1 - deep / 0.5F, 0.0F, 1.0F), coarse = std::clamp(1 - deep / 4.0F, 0.0F, 1.0F);
  float rough = 1;
  if (fine > 0) rough += 0.22F * fine * (value_noise(x * 5, z * 3, key) - 0.5F);
  if (coarse > 0) rough += 0.25F * coarse * (value_noise(x * 0.9F, z * 0.45F, key + 1) - 0.5F);
  const Colour light = light_.at({x, 0, z}, {0, 1, 0}, camera);
  return mix(albedo * light * rough, haze_, haze_share(distance));
}

void Street::draw_background(LightImage& image, const StreetCamera& camera) const {
  std::vector<Column> columns;
  columns.reserve(static_cast<size_t>(image.width));
  for (int x = 0; x < image.width; ++x) columns.push_back(column_at(static_cast<float>(x) - camera.centre_x, camera));
  for (int y = 0; y < image.height; ++y) {
    const float v = static_cast<float>(y) - camera.horizon;
    for (int x = 0; x < image.width; ++x) {
      const float u = static_cast<float>(x) - camera.centre_x;
      const Column& column = columns[static_cast<size_t>(x)];
      const float inside = column.wall ? std::min(std::clamp(v - column.top + 0.5F, 0.0F, 1.0F),
                                                  std::clamp(column.bottom - v + 0.5F, 0.0F, 1.0F))
                                       : 0;
      Colour light{};
      if (inside < 1) light = v < 0.5F ? sky_at(u, v, camera) : ground_at(u, v, camera);
      if (inside > 0) light = mix(light, wall_at(column, v, camera), inside);
      image.light[static_cast<size_t>(y) * image.width + static_cast<size_t>(x)] = light;
    }
  }
  std::fill(image.owner.begin(), image.owner.end(), uint16_t{0});
  if (low_sun_) {
    // Straight into the sun: glare over the picture.
    Painter painter(image, camera);
    painter.glow({camera.centre_x + sun_u_ * camera.focal, camera.horizon + sun_v_ * camera.focal},
                 0.035F * camera.focal, Colour{1, 0.95F, 0.85F} * 4e5F);
  }
}

void Street::draw_post(const Post& post, Painter& painter, std::vector<VisibleLamp>& lamps) const {
  const StreetCamera& camera = painter.camera();
  const Colour light = light_.at({post.x, 2, post.z}, {0, 0, -1}, camera);
  const float haze = haze_share(post.z - camera.z);
  const auto quad = [&](float x0, float x1, float y0, float y1, Colour albedo) {
    const std::array<Point3, 4> corners{{{x0, y0, post.z}, {x1, y0, post.z}, {x1, y1, post.z}, {x0, y1, post.z}}};
    painter.polygon(std::span<const Point3>(corners), mix(albedo * light, haze_, haze));
  };
  painter.begin(0);
  if (post.lamp) {
    quad(post.x - 0.07F, post.x + 0.07F, 0, light_.lamp_height, {0.3F, 0.32F, 0.33F});
    quad(light_.lamp_x, post.x, light_.lamp_height, light_.lamp_height + 0.12F, {0.3F, 0.32F, 0.33F});
    const Point3 head{light_.lamp_x, light_.lamp_height - 0.05F, post.z};
    quad(head.x - 0.35F, head.x + 0.35F, head.y - 0.08F, head.y + 0.08F,
         night_ ? Colour{1, 0.8F, 0.55F} * (900 / std::max(light.green, 0.05F)) : Colour{0.5F, 0.5F, 0.5F});
    const float distance = head.z - camera.z;
    if (night_ && distance > 2)
      lamps.push_back(
          {camera.project(head), std::max(1.0F, 0.25F * camera.focal / distance), Colour{1, 0.78F, 0.5F} * 35.0F, 0});
    return;
  }
  const float height = 4.5F + 3 * share_of(post.look), wide = 1.2F + 0.9F * share_of(post.look * 7919U);
  quad(post.x - 0.14F, post.x + 0.14F, 0, height * 0.5F, {0.2F, 0.15F, 0.1F});
  const Colour leaves{0.1F, 0.2F, 0.06F};
  for (int blob = 0; blob < 5; ++blob) {
    const uint32_t bits = mixed(post.look + static_cast<uint32_t>(blob));
    const float cx = post.x + wide * (share_of(bits) - 0.5F), cy = height * (0.55F + 0.3F * share_of(bits * 31U));
    const float radius = wide * (0.5F + 0.3F * share_of(bits * 17U));
    std::array<Point3, 11> crown;
    for (size_t i = 0; i < crown.size(); ++i) {
      const float angle = 2 * kPi * static_cast<float>(i) / static_cast<float>(crown.size());
      const float r = radius * (0.85F + 0.3F * share_of(mixed(bits + static_cast<uint32_t>(i))));
      // A polygon's corners need no exact circle: this parabola is within 6 % of a sine.
      const auto wave = [](float a) {
        a -= 2 * kPi * std::floor(a / (2 * kPi) + 0.5F);
        return 4 / kPi * a - 4 / (kPi * kPi) * a * std::abs(a);
      };
      crown[i] = {cx + r * wave(angle + kPi / 2), cy + r * wave(angle), post.z};
    }
    painter.polygon(std::span<const Point3>(crown),
                    mix(leaves * light * (0.7F + 0.15F * static_cast<float>(blob)), haze_, haze));
  }
}

}  // namespace flashcell::host
