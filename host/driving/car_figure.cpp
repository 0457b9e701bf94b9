#include <algorithm>
#include <array>
#include <cmath>

#include "host/driving/figures.hpp"

namespace flashcell::host {
namespace {

enum class Skin : uint8_t { paint, glass, underneath };

/// A corner of a car seen from the side: m forward of the middle, m above the road; and what lies between it and the
/// next corner.
struct Corner {
  float along, up;
  Skin skin;
};

struct Window {
  float along[4], up[4];
};

struct Model {
  std::vector<Corner> profile;  // from the front's bottom, over the roof, to the back
  std::vector<Window> windows;
  float half_width, wheel_radius, front_axle, rear_axle;
  float lamp_up, tail_up;
};

const std::array<Model, 4>& models() {
  using enum Skin;
  static const std::array<Model, 4> all{{
      // A saloon.
      {{{2.2F, 0.28F, paint},
        {2.25F, 0.62F, paint},
        {2.1F, 0.8F, paint},
        {1.05F, 0.93F, glass},
        {0.35F, 1.42F, paint},
        {-0.85F, 1.42F, glass},
        {-1.55F, 1.0F, paint},
        {-2.2F, 0.95F, paint},
        {-2.25F, 0.28F, underneath}},
       {{{0.85F, 0.2F, -0.2F, -0.2F}, {0.95F, 1.36F, 1.36F, 0.95F}},
        {{-0.3F, -0.3F, -0.8F, -1.3F}, {0.95F, 1.36F, 1.36F, 1.0F}}},
       0.88F,
       0.32F,
       1.35F,
       -1.35F,
       0.65F,
       0.78F},
      // A small car with a steep back.
      {{{1.8F, 0.28F, paint},
        {1.85F, 0.65F, paint},
        {1.65F, 0.85F, paint},
        {0.95F, 0.98F, glass},
        {0.3F, 1.5F, paint},
        {-1.35F, 1.5F, glass},
        {-1.75F, 0.98F, paint},
        {-1.85F, 0.28F, underneath}},
       {{{0.75F, 0.2F, -0.35F, -0.35F}, {1.0F, 1.43F, 1.43F, 1.0F}},
        {{-0.45F, -0.45F, -1.2F, -1.45F}, {1.0F, 1.43F, 1.43F, 1.05F}}},
       0.84F,
       0.3F,
       1.15F,
       -1.15F,
       0.7F,
       0.85F},
      // A tall one.
      {{{2.25F, 0.38F, paint},
        {2.3F, 0.85F, paint},
        {2.1F, 1.05F, paint},
        {1.15F, 1.12F, glass},
        {0.5F, 1.72F, paint},
        {-1.9F, 1.72F, glass},
        {-2.2F, 1.1F, paint},
        {-2.3F, 0.38F, underneath}},
       {{{0.95F, 0.4F, -0.3F, -0.3F}, {1.15F, 1.64F, 1.64F, 1.15F}},
        {{-0.4F, -0.4F, -1.75F, -1.95F}, {1.15F, 1.64F, 1.64F, 1.2F}}},
       0.93F,
       0.37F,
       1.4F,
       -1.4F,
       0.85F,
       0.98F},
      // A van.
      {{{2.45F, 0.4F, paint},
        {2.5F, 0.95F, paint},
        {2.2F, 1.25F, glass},
        {1.55F, 2.15F, paint},
        {-2.45F, 2.25F, paint},
        {-2.5F, 0.4F, underneath}},
       {{{1.9F, 1.45F, 0.7F, 0.7F}, {1.3F, 1.95F, 1.95F, 1.3F}}},
       1.0F,
       0.36F,
       1.6F,
       -1.6F,
       0.85F,
       1.0F},
  }};
  return all;
}

constexpr std::array<Colour, 9> kPaints{{{0.6F, 0.6F, 0.62F},
                                         {0.75F, 0.75F, 0.74F},
                                         {0.05F, 0.05F, 0.06F},
                                         {0.25F, 0.26F, 0.28F},
                                         {0.5F, 0.05F, 0.05F},
                                         {0.06F, 0.12F, 0.42F},
                                         {0.12F, 0.3F, 0.16F},
                                         {0.65F, 0.5F, 0.1F},
                                         {0.4F, 0.22F, 0.12F}}};

/// A car in the world: where its profile's points are.
class Body {
 public:
  Body(const RoadUser& car, float seconds) : middle_(car.place(seconds)) {
    if (car.speed_x != 0) {
      forward_ = {car.speed_x > 0 ? 1.0F : -1.0F, 0, 0};
    } else {
      forward_ = {0, 0, car.towards ? -1.0F : 1.0F};
    }
    side_ = cross({0, 1, 0}, forward_);
  }

  Point3 at(float along, float across, float up) const {
    return middle_ + forward_ * along + side_ * across + Point3{0, up, 0};
  }
  Point3 forward() const { return forward_; }
  Point3 side() const { return side_; }
  Point3 middle() const { return middle_; }

 private:
  Point3 middle_, forward_, side_;
};

class CarPainter {
 public:
  CarPainter(const RoadUser& car, const Model& model, uint16_t owner, float seconds, const Street& street,
             Painter& painter, std::vector<VisibleLamp>& lamps)
      : car_(car),
        model_(model),
        owner_(owner),
        body_(car, seconds),
        light_(street.light()),
        painter_(painter),
        lamps_(lamps),
        eye_{0, painter.camera().height, painter.camera().z},
        paint_(chosen(kPaints, car.look, 1)) {}

  void draw() {
    shadow();
    for (const float side : {1.0F, -1.0F})
      if (!seen(body_.at(0, side * model_.half_width, 0.5F), body_.side() * side)) wheels(side, 0.8F);
    faces();
    for (const float side : {1.0F, -1.0F})
      if (seen(body_.at(0, side * model_.half_width, 0.5F), body_.side() * side)) flank(side);
    end(1);
    end(-1);
  }

 private:
  bool seen(Point3 p, Point3 normal) const { return dot(normal, p - eye_) < 0; }

  Colour lit(Colour albedo, Point3 p, Point3 normal) const { return albedo * light_.at(p, normal, painter_.camera()); }

  void shadow() {
    painter_.begin(0);
    const float w = model_.half_width * 1.08F, l = model_.profile.front().along * 1.03F;
    const std::array<Point3, 4> corners{body_.at(l, w, 0.01F), body_.at(l, -w, 0.01F), body_.at(-l, -w, 0.01F),
                                        body_.at(-l, w, 0.01F)};
    painter_.polygon(std::span<const Point3>(corners), lit({0.03F, 0.03F, 0.03F}, body_.middle(), {0, 1, 0}));
    painter_.begin(owner_);
  }

  /// The strips between the profiles of both sides, far ones first.
  void faces() {
    struct Face {
      std::array<Point3, 4> corners;
      Colour light;
      float distance;
    };
    std::vector<Face> seen_faces;
    for (size_t i = 0; i < model_.profile.size(); ++i) {
      const Corner& a = model_.profile[i];
      const Corner& b = model_.profile[(i + 1) % model_.profile.size()];
      if (a.skin == Skin::underneath) continue;
      const float length = std::sqrt((b.along - a.along) * (b.along - a.along) + (b.up - a.up) * (b.up - a.up));
      const Point3 normal = body_.forward() * ((b.up - a.up) / length) + Point3{0, (a.along - b.along) / length, 0};
      const Point3 centre = body_.at((a.along + b.along) / 2, 0, (a.up + b.up) / 2);
      if (!seen(centre, normal)) continue;
      // Roofs are a little narrower than the body.
      const auto width = [&](const Corner& c) { return model_.half_width * (c.up > 1.2F ? 0.86F : 1.0F); };
      const Colour albedo = a.skin == Skin::glass ? Colour{0.07F, 0.085F, 0.095F} : paint_;
      const Point3 offset = centre - eye_;
      seen_faces.push_back({{body_.at(a.along, width(a), a.up), body_.at(a.along, -width(a), a.up),
                             body_.at(b.along, -width(b), b.up), body_.at(b.along, width(b), b.up)},
                            lit(albedo, centre, normal),
                            dot(offset, offset)});
    }
    std::sort(seen_faces.begin(), seen_faces.end(),
              [](const Face& a, const Face& b) { return a.distance > b.distance; });
    for (const Face& face : seen_faces) painter_.polygon(std::span<const Point3>(face.corners), face.light);
  }

  void wheels(float side, float inset) {
    const float across = side * model_.half_width * inset;
    for (const float axle : {model_.front_axle, model_.rear_axle}) {
      disc(axle, across, model_.wheel_radius, {0.025F, 0.025F, 0.025F});
      if (inset > 0.9F) disc(axle, across * 1.002F, model_.wheel_radius * 0.55F, {0.35F, 0.35F, 0.36F});
    }
  }

  void disc(float along, float across, float radius, Colour albedo) {
    constexpr float kUnit[10][2] = {{1, 0},  {.81F, .59F},   {.31F, .95F},   {-.31F, .95F}, {-.81F, .59F},
                                    {-1, 0}, {-.81F, -.59F}, {-.31F, -.95F}, {.31F, -.95F}, {.81F, -.59F}};
    std::array<Point3, 10> corners;
    for (size_t i = 0; i < corners.size(); ++i)
      corners[i] = body_.at(along + radius * kUnit[i][0], across, model_.wheel_radius + radius * kUnit[i][1]);
    painter_.polygon(std::span<const Point3>(corners), lit(albedo, body_.at(along, across, model_.wheel_radius),
                                                           body_.side() * (across > 0 ? 1.0F : -1.0F)));
  }

  void flank(float side) {
    const Point3 normal = body_.side() * side;
    std::vector<Point3> outline;
    for (const Corner& c : model_.profile)
      outline.push_back(body_.at(c.along, side * model_.half_width * (c.up > 1.2F ? 0.86F : 1.0F), c.up));
    const Point3 centre = body_.at(0, side * model_.half_width, 0.8F);
    painter_.polygon(std::span<const Point3>(outline), lit(paint_, centre, normal));
    // The lower part is darker, as the road is.
    const float front = model_.profile.front().along, low = model_.profile.front().up;
    const std::array<Point3, 4> sill{
        body_.at(front, side * model_.half_width, low), body_.at(front, side * model_.half_width, low + 0.14F),
        body_.at(-front, side * model_.half_width, low + 0.14F), body_.at(-front, side * model_.half_width, low)};
    painter_.polygon(std::span<const Point3>(sill), lit(paint_ * 0.45F, centre, normal));
    for (const Window& window : model_.windows) {
      std::array<Point3, 4> corners;
      for (size_t i = 0; i < 4; ++i)
        corners[i] =
            body_.at(window.along[i], side * model_.half_width * (window.up[i] > 1.2F ? 0.865F : 1.003F), window.up[i]);
      painter_.polygon(std::span<const Point3>(corners), lit({0.06F, 0.075F, 0.085F}, centre, normal));
    }
    wheels(side, 1.0F);
  }

  /// Lamps, bumper, number plate of the front (1) or the back (-1).
  void end(float way) {
    const Point3 normal = body_.forward() * way;
    const float along = model_.profile.front().along * way * 1.012F;
    const Point3 centre = body_.at(along, 0, 0.6F);
    if (!seen(centre, normal)) return;
    const auto quad = [&](float x0, float x1, float y0, float y1, Colour light) {
      const std::array<Point3, 4> corners{body_.at(along, x0, y0), body_.at(along, x1, y0), body_.at(along, x1, y1),
                                          body_.at(along, x0, y1)};
      painter_.polygon(std::span<const Point3>(corners), light);
    };
    const float low = model_.profile.front().up, wide = model_.half_width;
    quad(-wide * 0.98F, wide * 0.98F, low, low + 0.16F, lit({0.05F, 0.05F, 0.05F}, centre, normal));
    quad(-0.26F, 0.26F, low + 0.18F, low + 0.29F, lit({0.7F, 0.7F, 0.65F}, centre, normal));
    const bool front = way > 0;
    // A van's back is doors with windows.
    if (!front && model_.profile[model_.profile.size() - 2].up > 2) {
      const Point3 doors = body_.at(along, 0, 1.6F);
      const Colour glass = lit({0.07F, 0.085F, 0.095F}, doors, normal);
      for (const float side : {1.0F, -1.0F}) quad(side * wide * 0.08F, side * wide * 0.8F, 1.35F, 1.95F, glass);
      quad(-0.012F, 0.012F, low + 0.16F, 2.15F, lit(paint_ * 0.4F, doors, normal));
    }
    if (front)
      quad(-wide * 0.45F, wide * 0.45F, model_.lamp_up - 0.08F, model_.lamp_up + 0.06F,
           lit({0.04F, 0.04F, 0.04F}, centre, normal));
    const float up = front ? model_.lamp_up : model_.tail_up;
    const bool parked = car_.speed_x == 0 && car_.speed_z == 0;
    for (const float side : {1.0F, -1.0F}) {
      const float outer = side * wide * 0.95F, inner = side * wide * 0.62F;
      Colour light = front ? lit({0.8F, 0.82F, 0.85F}, centre, normal) : lit({0.55F, 0.03F, 0.03F}, centre, normal);
      if (light_.night && !parked)
        light = light + (front ? Colour{1, 0.96F, 0.88F} * 2500.0F : Colour{1, 0.08F, 0.05F} * 30.0F);
      if (!front && car_.brakes) light = light + Colour{1, 0.1F, 0.06F} * (light_.night ? 120.0F : 6000.0F);
      quad(inner, outer, up - 0.09F, up + 0.09F, light);
      if (light_.night && !parked) add_lamp(body_.at(along, 0.5F * (inner + outer), up), normal, front);
    }
  }

  void add_lamp(Point3 lamp, Point3 normal, bool front) {
    const StreetCamera& camera = painter_.camera();
    const Point3 to_eye = eye_ - lamp;
    const float distance = std::sqrt(dot(to_eye, to_eye)), facing = dot(normal, to_eye) / distance;
    if (lamp.z - camera.z < 1.5F || facing <= 0.1F) return;
    const float radius = std::max(0.8F, (front ? 0.1F : 0.07F) * camera.focal / distance);
    // What reaches the lens falls with the square of the distance.
    const float strength = facing * facing * std::min(1.0F, 400 / (distance * distance));
    const Colour light = front ? Colour{1, 0.96F, 0.88F} * (220 * strength)
                               : Colour{1, 0.1F, 0.06F} * ((car_.brakes ? 14.0F : 3.5F) * strength);
    lamps_.push_back({camera.project(lamp), radius, light, owner_});
  }

  const RoadUser& car_;
  const Model& model_;
  uint16_t owner_;
  Body body_;
  const StreetLight& light_;
  Painter& painter_;
  std::vector<VisibleLamp>& lamps_;
  Point3 eye_;
  Colour paint_;
};

}  // namespace

void draw_car(const RoadUser& car, uint16_t owner, float seconds, const Street& street, Painter& painter,
              std::vector<VisibleLamp>& lamps) {
  const size_t model = (car.look >> 8) % models().size();
  CarPainter(car, models()[model], owner, seconds, street, painter, lamps).draw();
}

}  // namespace flashcell::host
