// What the way through XRT costs on the software device (its `cpu` executor): time of one launch, and frames a second
// beside the CPU device. On a board the transfers and the kernel come on top, and the executor's time goes.
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "tests/host/xrt/support.hpp"
#include "tests/support/folders.hpp"

namespace {

using namespace flashcell;

/// One frame of 8x8 px at a time: nothing but the launch.
void one_launch(benchmark::State& state, host::DeviceKind kind) {
  host::Config config = test::xrt_config();
  config.pipeline.device = kind;
  const auto frames = test::pictures(1, 8, 8, PixelFormat::grey8);
  const auto device = test::device_for(config, frames[0].view);
  ObjectTable table;
  for (auto _ : state) device->process(Frame(frames[0].view), table);
}
BENCHMARK_CAPTURE(one_launch, cpu, host::DeviceKind::cpu)->UseRealTime();
BENCHMARK_CAPTURE(one_launch, xrt, host::DeviceKind::xrt)->UseRealTime();

void label_all(Device& device, const std::vector<test::Picture>& frames, std::vector<ObjectTable>& tables) {
  QueueDevice* const queue = device.queue();
  if (queue == nullptr) {
    for (const test::Picture& p : frames) device.process(Frame(p.view), tables[0]);
    return;
  }
  const size_t depth = static_cast<size_t>(queue->depth());
  for (size_t submitted = 0, collected = 0; collected < frames.size(); ++collected) {
    for (; submitted < frames.size() && submitted - collected < depth; ++submitted)
      queue->submit(Frame(frames[submitted].view), tables[submitted % depth]);
    if (queue->collect() != nullptr) std::abort();
  }
}

/// 512x512 px, a disc for every 900 px, every feature. Arguments: launches in flight, frames a launch.
void frames_512(benchmark::State& state, host::DeviceKind kind) {
  host::Config config = test::xrt_config();
  config.pipeline.device = kind;
  config.xrt.launches_in_flight = static_cast<int>(state.range(0));
  config.xrt.frames_per_launch = static_cast<int>(state.range(1));
  const auto frames = test::pictures(64, 512, 512, PixelFormat::grey8);
  const auto device = test::device_for(config, frames[0].view);
  std::vector<ObjectTable> tables(static_cast<size_t>(state.range(0) * state.range(1)));
  for (auto _ : state) label_all(*device, frames, tables);
  state.counters["frames/s"] =
      benchmark::Counter(static_cast<double>(frames.size()), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(frames_512, cpu, host::DeviceKind::cpu)->Args({1, 1})->UseRealTime();
BENCHMARK_CAPTURE(frames_512, xrt, host::DeviceKind::xrt)
    ->Args({1, 1})
    ->Args({2, 1})
    ->Args({4, 1})
    ->Args({4, 8})
    ->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  setenv("FLASHCELL_SOFTWARE_XRT", (test::build_dir() / "software_xrt").c_str(), 0);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
