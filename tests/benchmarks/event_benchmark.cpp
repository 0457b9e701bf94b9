// From a file of events to tracks on one core: reading, windows as cells, and labels and tracks of them. The file is
// made once, EVT3 of 1280x720 px: 300 discs that send some 48 million events a second of recording time. Compare the
// lines of one run only:
//   event_benchmark --benchmark_min_time=2
// With FILE: that recording instead.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "host/events/event_reader.hpp"
#include "host/events/event_source.hpp"
#include "host/label/labeller.hpp"
#include "tests/host/events/event_files.hpp"
#include "tracking/tracker.hpp"

namespace flashcell {
namespace {

constexpr int kWidth = 1280, kHeight = 720;

std::vector<test::MovingDisc> discs() {
  constexpr double kSpeed = 5000, kRadius = 8;
  std::mt19937 random(1);
  const auto within = [&random](int side) { return static_cast<double>(random() % static_cast<uint32_t>(side)); };
  std::vector<test::MovingDisc> all;
  for (int i = 0; i < 300; ++i)
    all.push_back({within(kWidth), within(kHeight), (within(2000) / 1000 - 1) * kSpeed,
                   (within(2000) / 1000 - 1) * kSpeed, kRadius});
  return all;
}

/// The same 20 ms again and again.
void write_recording(const std::filesystem::path& path) {
  constexpr int64_t kPartUs = 20'000;
  const std::vector<Event> part = test::disc_events(discs(), kPartUs - 1, kWidth, kHeight);
  std::vector<Event> events;
  for (int64_t start = 0; events.size() < 8'000'000; start += kPartUs) {
    for (Event e : part) {
      e.time_us += start;
      events.push_back(e);
    }
  }
  const test::EventBytes bytes = test::make_evt3(events);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

std::string& recording() {
  static std::string path;
  return path;
}

void count_events(benchmark::State& state, uint64_t events) {
  state.counters["events/s"] = benchmark::Counter(static_cast<double>(events), benchmark::Counter::kIsRate);
  state.counters["bytes/event"] = static_cast<double>(std::filesystem::file_size(recording())) *
                                  static_cast<double>(state.iterations()) / static_cast<double>(events);
}

void read_events(benchmark::State& state) {
  std::vector<Event> part(2048);
  uint64_t events = 0;
  for (auto _ : state) {
    const auto reader = open_events(recording());
    while (const size_t count = reader->read(part)) events += count;
    benchmark::DoNotOptimize(part.data());
  }
  count_events(state, events);
}

/// Windows of `window_us`, every `step_us`; `noise_us`: with the filter of background activity.
EventSourceOptions options_of(int64_t window_us, int64_t step_us, int64_t noise_us) {
  EventSourceOptions options;
  options.parameters.window = {window_us, 0};
  options.parameters.step = {step_us, 0};
  options.parameters.noise_us = noise_us;
  options.pictures = false;
  return options;
}

void make_windows(benchmark::State& state, const EventSourceOptions& options) {
  uint64_t events = 0, frames = 0;
  Frame frame;
  for (auto _ : state) {
    const auto source = make_event_source(recording(), options);
    while (source->next(frame)) ++frames;
    events += source->tally().events;
  }
  count_events(state, events);
  state.counters["frames/s"] = benchmark::Counter(static_cast<double>(frames), benchmark::Counter::kIsRate);
}

void follow(benchmark::State& state, const EventSourceOptions& options, contract::Connectivity connectivity) {
  uint64_t events = 0, frames = 0, objects = 0;
  Frame frame;
  ObjectTable table;
  for (auto _ : state) {
    const auto source = make_event_source(recording(), options);
    contract::LabelParameters label;
    label.width = static_cast<uint32_t>(source->info().width);
    label.height = static_cast<uint32_t>(source->info().height);
    label.max_objects = contract::kDefaultMaxObjects;
    label.min_area = 4;
    label.connectivity = connectivity;
    const auto labeller = host::make_fast_labeller(label);
    host::BitImage mask(source->info().width, source->info().height);
    tracking::Tracker tracker({}, source->info().fps);
    while (source->next(frame)) {
      table.clear();
      table.reserve(label);
      labeller->label_cells(frame.cells, mask, 0, table);
      for (const contract::ObjectRecord& object : table.objects)
        table.detections.push_back(tracking::make_detection(object, nullptr, {}));
      const double time_s = 1e-9 * static_cast<double>(frame.device_time_ns.value_or(0));
      benchmark::DoNotOptimize(tracker.update(frame.number, time_s, table.detections, table.names, nullptr).data());
      objects += table.objects.size();
      ++frames;
    }
    events += source->tally().events;
  }
  count_events(state, events);
  state.counters["frames/s"] = benchmark::Counter(static_cast<double>(frames), benchmark::Counter::kIsRate);
  state.counters["objects"] = static_cast<double>(objects) / static_cast<double>(frames);
}

}  // namespace
}  // namespace flashcell

int main(int argc, char** argv) {
  using namespace flashcell;
  benchmark::Initialize(&argc, argv);
  recording() = argc > 1
                    ? argv[1]
                    : std::filesystem::temp_directory_path() / ("event_benchmark_" + std::to_string(getpid()) + ".raw");
  if (argc < 2) write_recording(recording());
  benchmark::RegisterBenchmark("read", read_events);
  const std::pair<const char*, EventSourceOptions> ways[] = {{"1 ms", options_of(1000, 0, 0)},
                                                             {"100 us", options_of(100, 0, 0)},
                                                             {"1 ms every 100 us", options_of(1000, 100, 0)},
                                                             {"1 ms, noise filter", options_of(1000, 0, 1000)}};
  for (const auto& [name, options] : ways)
    benchmark::RegisterBenchmark((std::string("windows of ") + name).c_str(), make_windows, options);
  for (const auto& [name, options] : ways) {
    for (const auto connectivity : {contract::Connectivity::cell, contract::Connectivity::exact8}) {
      const char* kind = connectivity == contract::Connectivity::cell ? ", cell" : ", exact";
      benchmark::RegisterBenchmark((std::string("tracks from ") + name + kind).c_str(), follow, options, connectivity);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  if (argc < 2) std::filesystem::remove(recording());
  return 0;
}
