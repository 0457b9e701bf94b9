#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "host/driving/figures.hpp"
#include "host/driving/flat_figure.hpp"

namespace flashcell::host {
namespace {

constexpr std::array<Colour, 5> kSkins{
    {{0.55F, 0.38F, 0.3F}, {0.62F, 0.45F, 0.36F}, {0.35F, 0.22F, 0.15F}, {0.2F, 0.12F, 0.08F}, {0.5F, 0.35F, 0.25F}}};
constexpr std::array<Colour, 4> kHairs{
    {{0.04F, 0.03F, 0.02F}, {0.15F, 0.09F, 0.04F}, {0.4F, 0.3F, 0.12F}, {0.3F, 0.3F, 0.3F}}};
constexpr std::array<Colour, 8> kShirts{{{0.6F, 0.08F, 0.08F},
                                         {0.08F, 0.15F, 0.45F},
                                         {0.7F, 0.68F, 0.65F},
                                         {0.06F, 0.06F, 0.07F},
                                         {0.65F, 0.5F, 0.08F},
                                         {0.12F, 0.35F, 0.15F},
                                         {0.35F, 0.35F, 0.37F},
                                         {0.5F, 0.2F, 0.4F}}};
constexpr std::array<Colour, 5> kTrousers{
    {{0.06F, 0.08F, 0.16F}, {0.04F, 0.04F, 0.04F}, {0.25F, 0.2F, 0.14F}, {0.2F, 0.21F, 0.22F}, {0.1F, 0.13F, 0.25F}}};
constexpr Colour kShoes{0.04F, 0.035F, 0.03F};

float share_of(uint32_t look, int shift) {
  return static_cast<float>(look >> shift & 255U) / 255;
}

void head(FlatFigure& figure, Point2 centre, float size, Colour skin, Colour hair, bool from_behind) {
  figure.ellipse(centre, 0.095F * size, 0.125F * size, from_behind ? hair : skin);
  if (from_behind) return;
  // Hair covers the upper third.
  const std::array<Point2, 6> cap{{{centre.x - 0.1F * size, centre.y + 0.02F * size},
                                   {centre.x - 0.085F * size, centre.y + 0.1F * size},
                                   {centre.x, centre.y + 0.14F * size},
                                   {centre.x + 0.085F * size, centre.y + 0.1F * size},
                                   {centre.x + 0.1F * size, centre.y + 0.045F * size},
                                   {centre.x, centre.y + 0.065F * size}}};
  figure.shape(cap, hair);
}

/// Seen from the side, to the right: legs and arms swing against each other.
void walk_by(FlatFigure& figure, float size, double step, Colour skin, Colour hair, Colour shirt, Colour trousers) {
  const auto swing = static_cast<float>(sine_of_turns(step));
  const auto lift = static_cast<float>(cosine_of_turns(step));
  const Point2 hip{0, 0.9F * size}, shoulder{0.03F, 1.45F * size};
  const auto leg = [&](float way, float raise, float shade) {
    const Point2 knee{hip.x + 0.2F * size * way + 0.04F, hip.y - 0.43F * size};
    const Point2 foot{knee.x + 0.17F * size * way - 0.1F * size * std::max(raise, 0.0F),
                      0.07F * size + 0.1F * size * std::max(raise, 0.0F)};
    figure.limb(hip, knee, 0.19F * size, 0.14F * size, trousers * shade);
    figure.limb(knee, foot, 0.14F * size, 0.1F * size, trousers * shade);
    figure.limb({foot.x - 0.05F, foot.y - 0.03F}, {foot.x + 0.2F * size, foot.y - 0.04F}, 0.1F * size, 0.07F * size,
                kShoes);
  };
  const auto arm = [&](float way, float shade) {
    const Point2 elbow{shoulder.x + 0.14F * size * way - 0.02F, shoulder.y - 0.3F * size};
    const Point2 hand{elbow.x + 0.1F * size * way + 0.08F * size, elbow.y - 0.24F * size};
    figure.limb(shoulder, elbow, 0.12F * size, 0.1F * size, shirt * shade);
    figure.limb(elbow, hand, 0.1F * size, 0.07F * size, shirt * shade);
    figure.ellipse(hand, 0.045F * size, 0.05F * size, skin * shade);
  };
  arm(swing, 0.7F);
  leg(-swing, -lift, 0.75F);
  leg(swing, lift, 1);
  const std::array<Point2, 6> torso{{{hip.x - 0.13F * size, hip.y - 0.03F * size},
                                     {hip.x - 0.15F * size, hip.y + 0.3F * size},
                                     {shoulder.x - 0.12F * size, shoulder.y + 0.04F * size},
                                     {shoulder.x + 0.1F * size, shoulder.y + 0.04F * size},
                                     {hip.x + 0.16F * size, hip.y + 0.32F * size},
                                     {hip.x + 0.12F * size, hip.y - 0.03F * size}}};
  figure.shape(torso, shirt);
  figure.limb({shoulder.x, shoulder.y + 0.02F}, {0.05F, 1.56F * size}, 0.1F * size, 0.09F * size, skin);
  head(figure, {0.06F, 1.64F * size}, size, skin, hair, false);
  arm(-swing, 1);
}

/// Seen from the front or from behind.
void walk_along(FlatFigure& figure, float size, double step, bool away, Colour skin, Colour hair, Colour shirt,
                Colour trousers, bool rucksack) {
  const auto swing = static_cast<float>(sine_of_turns(step));
  for (const float side : {-1.0F, 1.0F}) {
    const float forward = side * swing, foot_up = 0.06F * size + 0.08F * size * std::max(0.0F, forward);
    const Point2 hip{side * 0.09F * size, 0.9F * size}, foot{side * 0.1F * size, foot_up};
    figure.limb(hip, foot, 0.18F * size, 0.12F * size, trousers * (1 - 0.15F * std::max(0.0F, -forward)));
    figure.ellipse({foot.x, foot.y - 0.01F}, 0.065F * size, 0.06F * size, kShoes);
    const Point2 shoulder{side * 0.2F * size, 1.42F * size};
    const Point2 hand{side * 0.27F * size, 0.86F * size + 0.1F * size * std::max(0.0F, -forward)};
    figure.limb(shoulder, hand, 0.12F * size, 0.08F * size, shirt * 0.8F);
    figure.ellipse(hand, 0.045F * size, 0.05F * size, skin);
  }
  const std::array<Point2, 6> torso{{{-0.16F * size, 0.86F * size},
                                     {-0.17F * size, 1.1F * size},
                                     {-0.23F * size, 1.47F * size},
                                     {0.23F * size, 1.47F * size},
                                     {0.17F * size, 1.1F * size},
                                     {0.16F * size, 0.86F * size}}};
  figure.shape(torso, shirt);
  if (away && rucksack) {
    const std::array<Point2, 4> pack{{{-0.15F * size, 1.0F * size},
                                      {-0.14F * size, 1.42F * size},
                                      {0.14F * size, 1.42F * size},
                                      {0.15F * size, 1.0F * size}}};
    figure.shape(pack, trousers * 1.6F);
  }
  figure.limb({0, 1.44F * size}, {0, 1.56F * size}, 0.12F * size, 0.1F * size, skin);
  head(figure, {0, 1.64F * size}, size, skin, hair, away);
}

}  // namespace

void draw_person(const RoadUser& person, uint16_t owner, float seconds, const Street& street, Painter& painter) {
  const Point3 place = person.place(seconds);
  const float size = 0.9F + 0.18F * share_of(person.look, 4);
  const Colour skin = chosen(kSkins, person.look, 1), hair = chosen(kHairs, person.look, 2);
  const Colour shirt = chosen(kShirts, person.look, 3), trousers = chosen(kTrousers, person.look, 4);
  const bool by = person.speed_x != 0;
  FlatFigure figure(painter, street.light(), place, by && person.speed_x < 0 ? -1.0F : 1.0F);
  painter.begin(0);
  const float wide = 0.33F * size;
  const std::array<Point3, 4> shadow{place + Point3{-wide, 0.01F, -0.2F}, place + Point3{wide, 0.01F, -0.2F},
                                     place + Point3{wide, 0.01F, 0.2F}, place + Point3{-wide, 0.01F, 0.2F}};
  painter.polygon(std::span<const Point3>(shadow), street.light().at(place, {0, 1, 0}, painter.camera()) * 0.06F);
  painter.begin(owner);
  // Two steps of 0.72 m are one turn.
  const float walked = seconds * std::abs(by ? person.speed_x : person.speed_z);
  const double step = walked / (1.44F * size) + share_of(person.look, 16);
  if (by) {
    walk_by(figure, size, step, skin, hair, shirt, trousers);
  } else {
    walk_along(figure, size, step, person.speed_z > 0, skin, hair, shirt, trousers, (person.look & 1U) != 0);
  }
}

void draw_bicycle(const RoadUser& bicycle, uint16_t owner, float seconds, const Street& street, Painter& painter,
                  std::vector<VisibleLamp>& lamps) {
  const Point3 place = bicycle.place(seconds);
  const Colour skin = chosen(kSkins, bicycle.look, 1), hair = chosen(kHairs, bicycle.look, 2);
  const Colour shirt = chosen(kShirts, bicycle.look, 3), trousers = chosen(kTrousers, bicycle.look, 4);
  const Colour frame = chosen(kShirts, bicycle.look, 5), tyre{0.03F, 0.03F, 0.03F};
  const bool by = bicycle.speed_x != 0;
  const float ridden = seconds * std::abs(by ? bicycle.speed_x : bicycle.speed_z);
  const double pedal = ridden / 5.0F + share_of(bicycle.look, 16);
  const auto crank_x = static_cast<float>(cosine_of_turns(pedal)) * 0.17F;
  const auto crank_y = static_cast<float>(sine_of_turns(pedal)) * 0.17F;
  FlatFigure figure(painter, street.light(), place, by && bicycle.speed_x > 0 ? 1.0F : -1.0F);
  painter.begin(0);
  const float wide = by ? 0.8F : 0.25F;
  const std::array<Point3, 4> shadow{place + Point3{-wide, 0.01F, -0.15F}, place + Point3{wide, 0.01F, -0.15F},
                                     place + Point3{wide, 0.01F, 0.15F}, place + Point3{-wide, 0.01F, 0.15F}};
  painter.polygon(std::span<const Point3>(shadow), street.light().at(place, {0, 1, 0}, painter.camera()) * 0.06F);
  painter.begin(owner);
  const bool away = bicycle.speed_z > 0;
  Point3 lamp{};
  if (by) {
    const Point2 rear{-0.52F, 0.34F}, front{0.52F, 0.34F}, crank{-0.05F, 0.3F}, saddle{-0.2F, 0.93F}, bar{0.36F, 1.0F};
    const Point2 hip{-0.17F, 1.02F}, shoulder{0.14F, 1.5F};
    const auto leg = [&](float sign, float shade) {
      const Point2 foot{crank.x + sign * crank_x, crank.y + sign * crank_y};
      const Point2 knee{0.5F * (hip.x + foot.x) + 0.19F, 0.5F * (hip.y + foot.y) + 0.1F};
      figure.limb(hip, knee, 0.17F, 0.13F, trousers * shade);
      figure.limb(knee, foot, 0.12F, 0.09F, trousers * shade);
      figure.limb({foot.x - 0.06F, foot.y - 0.02F}, {foot.x + 0.16F, foot.y - 0.02F}, 0.08F, 0.07F, kShoes);
    };
    leg(-1, 0.7F);
    for (const Point2& hub : {rear, front}) {
      figure.ring(hub, 0.34F, 0.055F, tyre);
      // Spokes turn with the way.
      for (int i = 0; i < 4; ++i) {
        const double turn = ridden / 2.14F + 0.125 * i;
        const auto c = static_cast<float>(cosine_of_turns(turn)) * 0.29F,
                   s = -static_cast<float>(sine_of_turns(turn)) * 0.29F;
        figure.limb({hub.x - c, hub.y - s}, {hub.x + c, hub.y + s}, 0.012F, 0.012F, {0.4F, 0.4F, 0.4F});
      }
    }
    const std::array<std::pair<Point2, Point2>, 6> tubes{
        {{rear, crank}, {rear, saddle}, {crank, saddle}, {crank, bar}, {saddle, bar}, {front, bar}}};
    for (const auto& [a, b] : tubes) figure.limb(a, b, 0.05F, 0.05F, frame);
    figure.limb({saddle.x - 0.13F, saddle.y + 0.02F}, {saddle.x + 0.11F, saddle.y + 0.02F}, 0.06F, 0.04F, tyre);
    leg(1, 1);
    figure.limb(hip, shoulder, 0.26F, 0.3F, shirt);
    figure.limb(shoulder, {bar.x - 0.02F, bar.y + 0.04F}, 0.11F, 0.08F, shirt * 0.8F);
    head(figure, {shoulder.x + 0.1F, shoulder.y + 0.24F}, 1, skin, hair, false);
    lamp = figure.at(0.55F, 0.85F);
  } else {
    figure.limb({0, 0}, {0, 0.68F}, 0.07F, 0.07F, tyre);
    figure.limb({0, 0.4F}, {0, 0.98F}, 0.06F, 0.08F, frame);
    for (const float side : {-1.0F, 1.0F}) {
      const Point2 hip{side * 0.1F, 1.0F}, foot{side * 0.14F, 0.3F + side * crank_y};
      const Point2 knee{side * 0.16F, 0.62F + 0.5F * side * crank_y + 0.05F};
      figure.limb(hip, knee, 0.17F, 0.14F, trousers);
      figure.limb(knee, foot, 0.13F, 0.1F, trousers * 0.85F);
      figure.ellipse(foot, 0.06F, 0.05F, kShoes);
      figure.limb({side * 0.21F, 1.48F}, {side * 0.3F, 1.08F}, 0.11F, 0.08F, shirt * 0.8F);
    }
    figure.limb({-0.33F, 1.05F}, {0.33F, 1.05F}, 0.04F, 0.04F, tyre);
    const std::array<Point2, 4> torso{{{-0.16F, 0.94F}, {-0.23F, 1.53F}, {0.23F, 1.53F}, {0.16F, 0.94F}}};
    figure.shape(torso, shirt);
    head(figure, {0, 1.72F}, 1, skin, hair, away);
    lamp = figure.at(0, away ? 0.75F : 0.95F);
  }
  if (!street.light().night) return;
  // A lamp: red behind, white before.
  const bool red = !by && away;
  const std::array<Point3, 4> glass{lamp + Point3{-0.045F, -0.045F, -0.02F}, lamp + Point3{0.045F, -0.045F, -0.02F},
                                    lamp + Point3{0.045F, 0.045F, -0.02F}, lamp + Point3{-0.045F, 0.045F, -0.02F}};
  const Colour light = red ? Colour{1, 0.08F, 0.05F} : Colour{1, 0.97F, 0.9F};
  painter.polygon(std::span<const Point3>(glass), light * (red ? 60.0F : 250.0F));
  const float distance = place.z - painter.camera().z;
  if (distance > 1.5F)
    lamps.push_back({painter.camera().project(lamp), std::max(0.8F, 0.06F * painter.camera().focal / distance),
                     light * (red ? 4.0F : 12.0F), owner});
}

}  // namespace flashcell::host
