// What the software stand-ins cost: wide words, narrow integers next to built-in ones, and a dataflow region of small
// stages next to the same functions called one after the other. Compare the lines of one run only.
#include <benchmark/benchmark.h>

#include <memory>

#include "kernels_hls/common/hls.hpp"
#include "kernels_hls/emulation/simulation.hpp"

namespace {

using flashcell_emulation::Simulation;
using flashcell_emulation::SimulationOptions;

// --- integers

void wide_lanes(benchmark::State& state) {
  ap_uint<512> word;
  uint64_t value = 1;
  for (auto _ : state) {
    for (int lane = 0; lane < 8; ++lane) word.range(64 * lane + 63, 64 * lane) = value + static_cast<uint64_t>(lane);
    benchmark::DoNotOptimize(word);
    for (int lane = 0; lane < 8; ++lane) value += word.range(64 * lane + 63, 64 * lane);
    benchmark::DoNotOptimize(value);
  }
}
BENCHMARK(wide_lanes)->Name("512-bit word: 8 lanes of 64 in and out");

void wide_fields(benchmark::State& state) {
  ap_uint<512> word;
  uint64_t value = 1;
  for (auto _ : state) {
    for (int low = 0; low + 19 <= 512; low += 19) word.range(low + 18, low) = value + static_cast<uint64_t>(low);
    benchmark::DoNotOptimize(word);
    for (int low = 0; low + 19 <= 512; low += 19) value += word.range(low + 18, low);
    benchmark::DoNotOptimize(value);
  }
}
BENCHMARK(wide_fields)->Name("512-bit word: 26 fields of 19 in and out");

template <class Area, class Moment>
void sums(benchmark::State& state) {
  Area area = 1;
  Moment first = 2, second = 3;
  uint64_t step = 1;
  for (auto _ : state) {
    for (int i = 0; i < 100; ++i) {
      benchmark::DoNotOptimize(step);
      area += step;
      first += step << 3;
      second += step << 7;
    }
    benchmark::DoNotOptimize(area);
    benchmark::DoNotOptimize(first);
    benchmark::DoNotOptimize(second);
  }
}
BENCHMARK(sums<ap_uint<19>, ap_uint<36>>)->Name("300 sums of 19 and 36 bits");
BENCHMARK(sums<uint64_t, uint64_t>)->Name("300 sums of built-in integers");

// --- dataflow: 4096 tokens of 72 bytes through four stages

constexpr int kTokens = 4096;
struct Token {
  uint64_t words[9];
};
using Stream = hls::stream<Token>;

void relay(int n, Stream& in, Stream& out) {
  FLASHCELL_LOOP(relay, 1, 3)
  for (int i = 0; i < n; ++i) {
    FLASHCELL_ITERATION(relay);
    Token token = in.read();
    for (int k = 0; k < 9; ++k) token.words[k] += token.words[(k + 1) % 9] >> 3;
    out.write(token);
  }
}

struct Streams {
  hls::stream<Token, 2> a{"a"}, b{"b"}, c{"c"};
  Stream in{"in"}, out{"out"};

  void fill() {
    for (int i = 0; i < kTokens; ++i) in.write(Token{{static_cast<uint64_t>(i)}});
  }
  void drain() {
    uint64_t sum = 0;
    while (!out.empty()) sum += out.read().words[0];
    benchmark::DoNotOptimize(sum);
  }
};

void one_after_the_other(benchmark::State& state) {
  Streams s;
  for (auto _ : state) {
    s.fill();
    relay(kTokens, s.in, s.a);
    relay(kTokens, s.a, s.b);
    relay(kTokens, s.b, s.c);
    relay(kTokens, s.c, s.out);
    s.drain();
  }
}
BENCHMARK(one_after_the_other)->Name("4 stages, 4096 tokens: plain calls")->Unit(benchmark::kMicrosecond);

void launch(Streams& s) {
  s.fill();
  FLASHCELL_DATAFLOW(chain)
  FLASHCELL_STAGE(relay(kTokens, s.in, s.a));
  FLASHCELL_STAGE(relay(kTokens, s.a, s.b));
  FLASHCELL_STAGE(relay(kTokens, s.b, s.c));
  FLASHCELL_STAGE(relay(kTokens, s.c, s.out));
  FLASHCELL_DATAFLOW_END
  s.drain();
}

void functional(benchmark::State& state) {
  Streams s;
  for (auto _ : state) launch(s);
}
BENCHMARK(functional)->Name("4 stages, 4096 tokens: region")->Unit(benchmark::kMicrosecond);

void simulated(benchmark::State& state, bool timed) {
  Streams s;
  SimulationOptions options;
  options.timed = timed;
  const Simulation simulation(options);
  for (auto _ : state) launch(s);
}
BENCHMARK_CAPTURE(simulated, bounded, false)
    ->Name("4 stages, 4096 tokens: FIFOs of depth 2")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(simulated, timed, true)->Name("4 stages, 4096 tokens: and clocks")->Unit(benchmark::kMicrosecond);

void empty_region(benchmark::State& state) {
  Streams s;
  for (auto _ : state) {
    FLASHCELL_DATAFLOW(nothing)
    FLASHCELL_STAGE(relay(0, s.in, s.a));
    FLASHCELL_STAGE(relay(0, s.a, s.b));
    FLASHCELL_STAGE(relay(0, s.b, s.c));
    FLASHCELL_STAGE(relay(0, s.c, s.out));
    FLASHCELL_DATAFLOW_END
  }
}
BENCHMARK(empty_region)->Name("4 stages without tokens: region");

}  // namespace
