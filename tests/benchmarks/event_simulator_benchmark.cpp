// Millions of pixels a second of the event simulator, and of the driving scenes it is fed with; one thread.
//   event_simulator_benchmark --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "host/driving/driving_scene.hpp"
#include "host/event_simulator/event_simulator.hpp"
#include "host/event_simulator/pixel_random.hpp"

namespace flashcell::host {
namespace {

constexpr int64_t kStep = 500'000;  // ns

/// A blocky pattern that moves by a pixel a step.
std::vector<std::vector<float>> moving_frames(int width, int height, int count) {
  std::vector<std::vector<float>> frames(static_cast<size_t>(count),
                                         std::vector<float>(static_cast<size_t>(width) * height));
  for (int i = 0; i < count; ++i)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        frames[static_cast<size_t>(i)][static_cast<size_t>(y) * width + x] = static_cast<float>(
            60 + 120 * pixel_uniform(3, static_cast<uint64_t>(y / 16), static_cast<uint64_t>((x + i) / 16)));
  return frames;
}

void simulate(benchmark::State& state, const EventSensor& sensor, bool moves) {
  const int width = static_cast<int>(state.range(0)), height = static_cast<int>(state.range(1));
  const auto frames = moving_frames(width, height, moves ? 16 : 1);
  EventSimulator simulator(sensor, width, height, 1);
  std::vector<Event> events;
  int64_t time = 0, count = 0;
  size_t next = 0;
  bool forth = true;
  for (auto _ : state) {
    simulator.advance(frames[next], time += kStep, events);
    count += static_cast<int64_t>(events.size());
    events.clear();
    // To and fro: the pattern moves by a pixel each time.
    if (frames.size() > 1) {
      if (next == 0) forth = true;
      if (next + 1 == frames.size()) forth = false;
      next = forth ? next + 1 : next - 1;
    }
  }
  state.counters["Mpixel/s"] = benchmark::Counter(1e-6 * width * height, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["Mevents/s"] = benchmark::Counter(1e-6 * static_cast<double>(count), benchmark::Counter::kIsRate);
}

void ideal_still(benchmark::State& state) {
  simulate(state, EventSensor::ideal(), false);
}
void whole_still(benchmark::State& state) {
  simulate(state, EventSensor{}, false);
}
void ideal_moving(benchmark::State& state) {
  simulate(state, EventSensor::ideal(), true);
}
void whole_moving(benchmark::State& state) {
  simulate(state, EventSensor{}, true);
}

void driving_light(benchmark::State& state) {
  DrivingParameters parameters;
  parameters.night = state.range(0) != 0;
  const DrivingScene scene(parameters);
  std::vector<float> light(static_cast<size_t>(parameters.width) * parameters.height);
  double moment = 0;
  for (auto _ : state) scene.light(moment += 1e-3, light);
}

/// What a labelled picture costs: 50 ms of events, the picture, the boxes.
void driving_picture(benchmark::State& state) {
  DrivingParameters parameters;
  parameters.night = state.range(0) != 0;
  parameters.seconds = 20;
  const DrivingScene scene(parameters);
  DrivingEvents simulator(scene, EventSensor{});
  std::vector<Event> events;
  double moment = 0;
  for (auto _ : state) {
    events.clear();
    simulator.advance(moment += 0.05, events);
    benchmark::DoNotOptimize(scene.render(moment).rgb.data());
  }
  state.counters["pictures/min"] = benchmark::Counter(60, benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK(ideal_still)->Args({640, 480});
BENCHMARK(whole_still)->Args({640, 480});
BENCHMARK(ideal_moving)->Args({640, 480});
BENCHMARK(whole_moving)->Args({640, 480});
BENCHMARK(driving_light)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(driving_picture)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->MinTime(2);

}  // namespace
}  // namespace flashcell::host
