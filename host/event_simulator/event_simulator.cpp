#include "host/event_simulator/event_simulator.hpp"

#include <fmt/format.h>
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "base/aligned_vector.hpp"
#include "base/error.hpp"
#include "host/event_simulator/pixel_random.hpp"
#include "host/event_simulator/pixel_row.hpp"
#include "host/event_simulator/readout.hpp"

namespace flashcell::host {
namespace {

constexpr double kLogUnit = 1 << kLogBits;
constexpr double kHazardUnit = 1 << kHazardBits;
constexpr double kMostWait = 15.9;  // expected events, of the 16 that fit
constexpr double kLeastThreshold = 0.01;
constexpr double kRounding = 1e-3;  // ns: a threshold reached at the step's very end is crossed
constexpr int64_t kLongestStep = 1'000'000'000;
constexpr int kBlockRows = 8;
// Draws of a pixel that are not one after the other.
constexpr uint64_t kThresholdDraw = uint64_t{1} << 62;

int32_t wrapped(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

int32_t wrapped_difference(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
}

/// A threshold in 2^-24, as it is in one pixel.
int32_t threshold_of(double nominal, double mismatch, uint64_t seed, uint64_t pixel, uint64_t draw) {
  const double actual = mismatch > 0 ? nominal + mismatch * pixel_normal(seed, pixel, draw) : nominal;
  return static_cast<int32_t>(std::clamp(actual, kLeastThreshold, 10.0) * kLogUnit);
}

}  // namespace

struct EventSimulator::State {
  State(const EventSensor& s, int w, int h, int threads)
      : sensor(s),
        width(w),
        height(h),
        words((w + 63) / 64),
        stride(size_t{64} * words),
        arena(threads > 0 ? threads : tbb::task_arena::automatic),
        readout(s.readout_hz) {
    const size_t pixels = stride * h;
    for (auto* plane : {&level, &reference, &blind, &noise}) plane->resize(pixels);
    for (auto* plane : {&on, &off}) plane->resize(pixels, INT32_MAX);
    draws.resize(pixels);
    blocks.resize((static_cast<size_t>(h) + kBlockRows - 1) / kBlockRows);
    for (Block& block : blocks) {
      block.light.resize(stride);
      block.next.resize(stride);
      block.hazard.resize(stride);
      block.mask.resize(words);
    }
    step.knee = static_cast<float>(s.knee);
    step.slope = static_cast<float>(natural_log(s.knee) / s.knee * kLogUnit);
    step.filtered = s.bandwidth_hz > 0;
    step.noisy = s.shot_noise_hz > 0;
  }

  /// Rows that one thread works on at a time, and what comes of them.
  struct Block {
    AlignedVector<float> light;
    AlignedVector<int32_t> next, hazard;
    std::vector<uint64_t> mask;
    std::vector<Event> events;
  };

  /// Calls row(block, y) for every row, blocks in parallel.
  template <class Row>
  void for_each_row(Row row) {
    arena.execute([&] {
      tbb::parallel_for(tbb::blocked_range<size_t>(0, blocks.size()), [&](const tbb::blocked_range<size_t>& range) {
        for (size_t b = range.begin(); b < range.end(); ++b) {
          const int first = static_cast<int>(b) * kBlockRows;
          for (int y = first; y < std::min(height, first + kBlockRows); ++y) row(blocks[b], y);
        }
      });
    });
  }

  const float* padded(Block& block, const float* light) const {
    if (stride == static_cast<size_t>(width)) return light;
    std::copy_n(light, width, block.light.data());
    return block.light.data();
  }

  void begin_row(Block& block, int y, const float* light) {
    const size_t first = stride * static_cast<size_t>(y);
    log_row(padded(block, light), words, step, level.data() + first);
    for (int x = 0; x < width; ++x) {
      const size_t i = first + static_cast<size_t>(x);
      const uint64_t pixel = static_cast<uint64_t>(y) << 32 | static_cast<uint64_t>(x);
      on[i] = threshold_of(sensor.threshold_on, sensor.threshold_mismatch, sensor.seed, pixel, kThresholdDraw);
      off[i] = threshold_of(sensor.threshold_off, sensor.threshold_mismatch, sensor.seed, pixel, kThresholdDraw + 2);
      // Where a pixel is on its way to the next leak event nobody knows.
      const double phase = sensor.leak_hz > 0 ? pixel_uniform(sensor.seed, pixel, kThresholdDraw + 4) : 0;
      reference[i] = wrapped_difference(level[i], static_cast<int32_t>(phase * on[i]));
      noise[i] = 0;
      if (step.noisy) draw_noise(i, pixel);
    }
  }

  /// Time until the next noise event, in expected ones: of a pixel with low thresholds there are more.
  void draw_noise(size_t i, uint64_t pixel) {
    const double actual = (static_cast<double>(on[i]) + static_cast<double>(off[i])) / kLogUnit;
    const double wait =
        pixel_exponential(sensor.seed, pixel, draws[i]++) * actual / (sensor.threshold_on + sensor.threshold_off);
    noise[i] += static_cast<int32_t>(std::min(kMostWait, wait) * kHazardUnit);
  }

  /// The constants of a step from begin_ns to end_ns.
  void set_step(int64_t end_ns) {
    const double seconds = 1e-9 * static_cast<double>(end_ns - begin_ns);
    const double turns = 2 * std::numbers::pi * seconds;
    step.turn_per_unit = static_cast<float>(turns * sensor.bandwidth_hz_per_lux * sensor.lux_per_unit);
    step.turn = static_cast<float>(turns * sensor.bandwidth_hz_per_lux * sensor.dark_lux);
    step.turn_most = static_cast<float>(turns * sensor.bandwidth_hz);
    const double hazard = sensor.shot_noise_hz * seconds * kHazardUnit;
    // More than a few in one step are one: the pixel is read once a step by then.
    const double most = kHazardUnit;
    step.hazard = static_cast<float>(std::min(hazard, most));
    step.hazard_per_unit = static_cast<float>((1 - sensor.shot_noise_bright) * std::min(hazard, most) *
                                              sensor.lux_per_unit / sensor.shot_noise_lux);
    step.hazard_least = static_cast<float>(sensor.shot_noise_bright * std::min(hazard, most));
    // The sum since the beginning is rounded, not each step's share.
    const double leaked = sensor.leak_hz * sensor.threshold_on * 1e-9 * static_cast<double>(end_ns - first_ns);
    leak_begin = step.leak;
    step.leak = static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(leaked * kLogUnit)));
    step_ns = static_cast<double>(end_ns - begin_ns);
  }

  void step_one_row(Block& block, int y, const float* light) {
    const size_t first = stride * static_cast<size_t>(y);
    PixelRow row{padded(block, light), level.data() + first, block.next.data(),    reference.data() + first,
                 on.data() + first,    off.data() + first,   blind.data() + first, noise.data() + first,
                 block.hazard.data(),  block.mask.data()};
    step_row(row, words, step);
    for (int word = 0; word < words; ++word) {
      for (uint64_t bits = block.mask[word]; bits != 0; bits &= bits - 1) {
        const int x = 64 * word + std::countr_zero(bits);
        if (x < width) walk(block, x, y, first + static_cast<size_t>(x));
      }
    }
    std::copy_n(block.next.data(), stride, level.data() + first);
  }

  /// A pixel's step event by event. Times are ns since the step's beginning.
  void walk(Block& block, int x, int y, size_t i) {
    const uint64_t pixel = static_cast<uint64_t>(y) << 32 | static_cast<uint64_t>(x);
    const int32_t begin = wrapped(level[i], leak_begin);
    const int32_t end = wrapped(block.next[x], step.leak);
    const double slope = static_cast<double>(wrapped_difference(end, begin)) / step_ns;
    double now = 0, change = wrapped_difference(begin, reference[i]);
    if (blind[i] > 0) {
      now = blind[i];
      change = 0;
    }
    blind[i] = 0;
    double noise_at = next_noise(i, pixel, block.hazard[x]);
    while (now < step_ns) {
      double at = slope > 0   ? now + std::max(0.0, (on[i] - change) / slope)
                  : slope < 0 ? now + std::max(0.0, (-off[i] - change) / slope)
                              : 2 * step_ns;
      while (noise_at < now) noise_at = next_noise(i, pixel, block.hazard[x], noise_at);
      const bool is_noise = noise_at < at;
      if (is_noise) at = noise_at;
      if (at > step_ns + kRounding) break;
      const bool is_on = is_noise ? (pixel_bits(sensor.seed, pixel, draws[i]++) >> 63) != 0 : slope > 0;
      double delay = 1e3 * sensor.latency_us;
      if (sensor.jitter_us > 0) delay += 1e3 * sensor.jitter_us * pixel_exponential(sensor.seed, pixel, draws[i]++);
      const int64_t stamp_ns = begin_ns + static_cast<int64_t>(at + delay);
      block.events.push_back({floor_us(stamp_ns), static_cast<uint16_t>(x), static_cast<uint16_t>(y), is_on});
      now = at + delay + 1e3 * sensor.refractory_us;
      change = 0;
      if (is_noise) noise_at = next_noise(i, pixel, block.hazard[x], noise_at);
    }
    while (noise_at < step_ns) noise_at = next_noise(i, pixel, block.hazard[x], noise_at);
    if (now >= step_ns) {
      blind[i] = static_cast<int32_t>(now - step_ns);
      reference[i] = end;
    } else {
      reference[i] = wrapped_difference(end, static_cast<int32_t>(change + slope * (step_ns - now)));
    }
  }

  /// When in the step the next noise event is, after the one at `last` where there was one; beyond it when none.
  double next_noise(size_t i, uint64_t pixel, int32_t hazard, double last = -1) {
    if (!step.noisy) return 2 * step_ns;
    if (last >= 0) draw_noise(i, pixel);
    if (noise[i] >= 0) return 2 * step_ns;
    return step_ns * (1 + static_cast<double>(noise[i]) / static_cast<double>(hazard));
  }

  static int64_t floor_us(int64_t ns) { return ns >= 0 ? ns / 1000 : -((999 - ns) / 1000); }

  EventSensor sensor;
  int width, height, words;
  size_t stride;
  tbb::task_arena arena;
  Readout readout;
  PixelStep step;
  AlignedVector<int32_t> level, reference, on, off, blind, noise;
  std::vector<uint32_t> draws;
  std::vector<Block> blocks;
  bool begun = false;
  int64_t first_ns = 0, begin_ns = 0;
  double step_ns = 0;
  int32_t leak_begin = 0;
};

EventSimulator::EventSimulator(const EventSensor& sensor, int width, int height, int threads) {
  check(sensor);
  if (width < 1 || height < 1 || width > 65535 || height > 65535)
    throw Error(Fault::usage, fmt::format("event sensor: {}x{} pixels, must be 1 to 65535 each way", width, height));
  state_ = std::make_unique<State>(sensor, width, height, threads);
}

EventSimulator::~EventSimulator() = default;

void EventSimulator::advance(std::span<const float> light, int64_t time_ns, std::vector<Event>& out) {
  State& s = *state_;
  if (light.size() != static_cast<size_t>(s.width) * s.height)
    throw Error(Fault::bug, "event simulator: a frame of another size than the sensor's");
  const auto row_of = [&](int y) { return light.data() + static_cast<size_t>(y) * s.width; };
  if (!s.begun) {
    s.begun = true;
    s.first_ns = s.begin_ns = time_ns;
    s.for_each_row([&](State::Block& block, int y) { s.begin_row(block, y, row_of(y)); });
    return;
  }
  if (time_ns <= s.begin_ns || time_ns - s.begin_ns > kLongestStep)
    throw Error(Fault::input, fmt::format("a frame at {:.6f} s follows one at {:.6f} s: events between frames want "
                                          "times that rise by at most 1 s",
                                          1e-9 * static_cast<double>(time_ns), 1e-9 * static_cast<double>(s.begin_ns)));
  s.set_step(time_ns);
  s.for_each_row([&](State::Block& block, int y) { s.step_one_row(block, y, row_of(y)); });
  for (State::Block& block : s.blocks) {
    s.readout.waiting().insert(s.readout.waiting().end(), block.events.begin(), block.events.end());
    block.events.clear();
  }
  s.begin_ns = time_ns;
  s.readout.release(State::floor_us(time_ns), out);
}

void EventSimulator::finish(std::vector<Event>& out) {
  state_->readout.release(INT64_MAX, out);
}

}  // namespace flashcell::host
