#include "host/driving/driving_scene.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "host/synth/random.hpp"
#include "host/synth/turn.hpp"

namespace flashcell::host {
namespace {

constexpr uint64_t kRideStream = 10, kNoiseStream = 11;
constexpr float kFieldOfView = 0.85F;              // focal length in widths: 61 degrees across
constexpr float kHorizonRow = 0.44F;               // of the height
constexpr float kNearest = 1.5F, kFarthest = 110;  // m, of what is drawn
// A unit of the simulator's light: its linear range, up to 20 of them, is then as dark as what its pixels leak.
constexpr double kLuxPerUnit = 0.01;
constexpr double kShortStep = 0.5e-3, kLongStep = 5e-3;
constexpr int kMostPoses = 8;  // of motion blur

}  // namespace

void check(const DrivingParameters& p) {
  if (p.width < 32 || p.height < 32 || p.width > 4096 || p.height > 4096)
    throw Error(Fault::usage,
                fmt::format("driving scene: {}x{} pixels, must be 32 to 4096 each way", p.width, p.height));
  if (!(p.seconds >= 0.01 && p.seconds <= 60))
    throw Error(Fault::usage, fmt::format("driving scene: {} s long, must be 0.01 to 60", p.seconds));
}

DrivingScene::DrivingScene(const DrivingParameters& parameters)
    : parameters_((check(parameters), parameters)), street_(parameters) {
  CounterRandom random(parameters_.seed, kRideStream);
  speed_ = random.uniform() < 0.15 ? 0 : static_cast<float>(random.uniform(3, 14));
  for (float& value : shake_) value = static_cast<float>(random.uniform(0.7, 3));
  shake_size_ = static_cast<float>(random.uniform(0.001, 0.003)) * (0.3F + speed_ / 12) * kFieldOfView *
                static_cast<float>(parameters_.width);
  users_ = populate(parameters_, street_, speed_);
}

StreetCamera DrivingScene::camera_at(double moment) const {
  const auto wave = [&](double rate, double phase) { return static_cast<float>(sine_of_turns(rate * moment + phase)); };
  StreetCamera camera;
  camera.focal = kFieldOfView * static_cast<float>(parameters_.width);
  camera.centre_x =
      0.5F * static_cast<float>(parameters_.width - 1) + shake_size_ * 0.8F * wave(shake_[0] * 0.4, shake_[1]);
  camera.horizon = kHorizonRow * static_cast<float>(parameters_.height) +
                   shake_size_ * (wave(shake_[2], shake_[3]) + 0.4F * wave(3.1 * shake_[4], shake_[5]));
  camera.z = speed_ * static_cast<float>(moment);
  return camera;
}

void DrivingScene::draw(double moment, LightImage& image, std::vector<DrivingBox>* boxes, int least_pixels) const {
  const StreetCamera camera = camera_at(moment);
  const auto seconds = static_cast<float>(moment);
  street_.draw_background(image, camera);
  // From far to near. A number below users_.size() is a road user, the others are posts.
  std::vector<std::pair<float, size_t>> order;
  for (size_t i = 0; i < users_.size(); ++i) order.emplace_back(users_[i].place(seconds).z - camera.z, i);
  for (size_t i = 0; i < street_.posts().size(); ++i)
    order.emplace_back(street_.posts()[i].z - camera.z, users_.size() + i);
  std::erase_if(order, [](const auto& o) { return o.first < kNearest || o.first > kFarthest; });
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.first > b.first || (a.first == b.first && a.second < b.second);
  });

  Painter painter(image, camera);
  std::vector<VisibleLamp> lamps;
  for (const auto& [distance, i] : order) {
    if (i >= users_.size()) {
      street_.draw_post(street_.posts()[i - users_.size()], painter, lamps);
      continue;
    }
    draw_road_user(users_[i], static_cast<uint16_t>(i + 1), seconds, street_, painter, lamps);
    const Silhouette& s = painter.silhouette();
    if (boxes == nullptr || s.pixels < least_pixels) continue;
    boxes->push_back({static_cast<int>(i + 1), users_[i].kind, s.left, s.top, s.right - s.left + 1,
                      s.bottom - s.top + 1, s.pixels, 0, static_cast<double>(distance)});
  }
  // Lamps shine over everything, unless something stands before them.
  for (const VisibleLamp& lamp : lamps) {
    const float x = lamp.at.x + 0.5F, y = lamp.at.y + 0.5F;
    if (x >= 0 && y >= 0 && x < static_cast<float>(image.width) && y < static_cast<float>(image.height) &&
        image.owner[static_cast<size_t>(y) * image.width + static_cast<size_t>(x)] != lamp.owner)
      continue;
    painter.glow(lamp.at, lamp.radius, lamp.light);
  }
  if (boxes == nullptr) return;
  std::vector<int> visible(users_.size() + 1);
  for (const uint16_t owner : image.owner) ++visible[owner];
  for (DrivingBox& box : *boxes) box.visible = static_cast<double>(visible[static_cast<size_t>(box.id)]) / box.pixels;
}

DrivingPicture DrivingScene::render(double moment, int least_pixels) const {
  DrivingPicture picture;
  LightImage image(parameters_.width, parameters_.height);
  draw(moment, image, &picture.boxes, least_pixels);
  picture.exposure = choose_exposure(image);
  const double seconds = picture.exposure.seconds;
  const int poses = std::clamp(static_cast<int>(std::ceil(seconds / step(moment))), 1, kMostPoses);
  if (poses > 1) {
    LightImage sum(parameters_.width, parameters_.height);
    for (int k = 0; k < poses; ++k) {
      draw(std::max(0.0, moment + seconds * ((k + 0.5) / poses - 0.5)), image, nullptr, 0);
      for (size_t i = 0; i < sum.light.size(); ++i)
        sum.light[i] = sum.light[i] + image.light[i] * (1.0F / static_cast<float>(poses));
    }
    image.light.swap(sum.light);
  }
  const auto tick = static_cast<uint64_t>(std::llround(moment * 1e6));
  picture.rgb = expose(image, picture.exposure, CounterRandom(parameters_.seed ^ scatter64(kNoiseStream), tick).bits());
  return picture;
}

void DrivingScene::light(double moment, std::span<float> values) const {
  LightImage image(parameters_.width, parameters_.height);
  draw(moment, image, nullptr, 0);
  const auto units = static_cast<float>(1 / kLuxPerUnit);
  for (size_t i = 0; i < values.size(); ++i) {
    const Colour& light = image.light[i];
    values[i] = units * (0.299F * light.red + 0.587F * light.green + 0.114F * light.blue);
  }
}

EventSensor DrivingScene::sensor(EventSensor sensor) {
  sensor.lux_per_unit = kLuxPerUnit;
  return sensor;
}

double DrivingScene::step(double moment) const {
  constexpr float kInstant = 1e-3F;  // s
  const StreetCamera now = camera_at(moment), then = camera_at(moment + static_cast<double>(kInstant));
  const auto seconds = static_cast<float>(moment);
  const float width = static_cast<float>(parameters_.width),
              bottom = static_cast<float>(parameters_.height) - now.horizon;
  // The nearest ground that is seen.
  float most = bottom * bottom / (now.focal * now.height) * speed_ * kInstant;
  for (const RoadUser& user : users_) {
    const Point3 place = user.place(seconds), next = user.place(seconds + kInstant);
    if (place.z - now.z < kNearest + 0.1F || place.z - now.z > kFarthest) continue;
    const Point2 size = extent(user);
    if (now.project(place - Point3{size.x, 0, 0}).x > width || now.project(place + Point3{size.x, 0, 0}).x < 0)
      continue;
    for (const float side : {-size.x, size.x}) {
      for (const float up : {0.0F, size.y}) {
        const Point2 a = now.project(place + Point3{side, up, 0}), b = then.project(next + Point3{side, up, 0});
        if (a.x < 0 || a.x > width) continue;
        most = std::max({most, std::abs(b.x - a.x), std::abs(b.y - a.y)});
      }
    }
  }
  return std::clamp(static_cast<double>(kInstant) / std::max(static_cast<double>(most), 1e-3), kShortStep, kLongStep);
}

DrivingEvents::DrivingEvents(const DrivingScene& scene, const EventSensor& sensor, double begin, int threads)
    : scene_(scene),
      simulator_(DrivingScene::sensor(sensor), scene.parameters().width, scene.parameters().height, threads),
      light_(static_cast<size_t>(scene.parameters().width) * scene.parameters().height),
      moment_(begin) {
  std::vector<Event> none;
  scene_.light(moment_, light_);
  simulator_.advance(light_, std::llround(moment_ * 1e9), none);
}

void DrivingEvents::advance(double moment, std::vector<Event>& out) {
  while (moment_ < moment) {
    moment_ = std::min(moment, moment_ + scene_.step(moment_));
    scene_.light(moment_, light_);
    simulator_.advance(light_, std::llround(moment_ * 1e9), out);
  }
}

}  // namespace flashcell::host
