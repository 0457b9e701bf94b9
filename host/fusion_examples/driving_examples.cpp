#include "host/fusion_examples/driving_examples.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <future>
#include <mutex>

#include "base/error.hpp"
#include "host/driving/driving_scene.hpp"
#include "host/fusion_examples/event_planes.hpp"

namespace flashcell::host {
namespace {

constexpr double kSettle = 0.01;                // s that pixels have before the window
constexpr double kRide = 0.3;                   // s into the drive that the picture is taken
constexpr uint64_t kTestStreets = 1ULL << 32U;  // seeds of those to test with lie so much higher

std::vector<quant::MarkedObject> marked(const std::vector<DrivingBox>& boxes, const DrivingExampleOptions& o) {
  std::vector<quant::MarkedObject> objects;
  for (const DrivingBox& b : boxes) {
    const auto side = [](int pixels) { return static_cast<float>(pixels); };
    objects.push_back({{side(b.left), side(b.top), side(b.left + b.width), side(b.top + b.height)},
                       static_cast<int>(b.kind),
                       b.visible < o.least_visible || b.height < o.least_height});
  }
  return objects;
}

std::vector<uint8_t> planes_of(const std::vector<uint8_t>& rgb) {
  const size_t pixels = rgb.size() / 3;
  std::vector<uint8_t> planes(rgb.size());
  for (size_t i = 0; i < rgb.size(); ++i) planes[i % 3 * pixels + i / 3] = rgb[i];
  return planes;
}

quant::FusionExample draw_example(const DrivingExampleOptions& o, uint64_t seed, bool night) {
  DrivingParameters parameters;
  parameters.width = o.columns;
  parameters.height = o.rows;
  parameters.seed = seed;
  parameters.night = night;
  const double moment = std::max(kRide, o.window + 2 * kSettle);
  parameters.seconds = moment + kSettle;
  const DrivingScene drive(parameters);
  EventSensor sensor;
  sensor.seed = seed;
  DrivingEvents simulator(drive, sensor, moment - o.window - kSettle, 1);
  std::vector<Event> events;
  simulator.advance(moment, events);
  simulator.finish(events);
  const DrivingPicture picture = drive.render(moment);
  return {planes_of(picture.rgb), event_planes(events, std::llround(1e6 * moment), o), marked(picture.boxes, o), night};
}

}  // namespace

quant::FusionSet draw_driving_examples(const DrivingExampleOptions& o, int threads,
                                       const std::function<void(int64_t)>& progress) {
  if (o.train < 1 || o.test < 1 || o.event_bins < 1 || o.full_scale < 1 || !(o.window > 0 && o.window < 1))
    throw Error(Fault::usage, "drives as examples: needs examples, bins and a window of less than a second");
  quant::FusionSet set{{"person", "bicycle", "car"}, o.rows, o.columns, o.event_bins, {}, {}};
  set.train.resize(static_cast<size_t>(o.train));
  set.test.resize(static_cast<size_t>(o.test));
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  int64_t drawn = 0;
  const auto work = [&] {
    for (size_t i = next++; i < set.train.size() + set.test.size(); i = next++) {
      const bool learned = i < set.train.size();
      const size_t own = learned ? i : i - set.train.size();
      (learned ? set.train : set.test)[own] =
          draw_example(o, o.seed + own + (learned ? 0 : kTestStreets), own % 2 == 1);
      const std::lock_guard lock(mutex);
      ++drawn;
      if (progress) progress(drawn);
    }
  };
  std::vector<std::future<void>> parts;
  for (int t = 0; t < threads; ++t) parts.push_back(std::async(std::launch::async, work));
  for (std::future<void>& part : parts) part.wait();
  for (std::future<void>& part : parts) part.get();  // throws what it threw
  return set;
}

}  // namespace flashcell::host
