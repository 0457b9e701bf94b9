// PipelineStyle::stalling against pipelines worked out by hand, and against a simulation clock by clock.
#include <gmock/gmock.h>

#include <optional>
#include <random>
#include <vector>

#include "kernels_hls/common/hls.hpp"
#include "kernels_hls/emulation/simulation.hpp"

namespace {

using flashcell_emulation::CycleReport;
using flashcell_emulation::Deadlock;
using flashcell_emulation::PipelineStyle;
using flashcell_emulation::Simulation;
using flashcell_emulation::SimulationOptions;
using testing::HasSubstr;

using Stream = hls::stream<int>;

SimulationOptions style(PipelineStyle pipelines, bool timed = true) {
  SimulationOptions options;
  options.style = pipelines;
  options.timed = timed;
  return options;
}

/// Writes i to `some` where i % every == 0, and to `all` always.
void fork(int n, int every, Stream& some, Stream& all) {
  FLASHCELL_LOOP(fork, 1, 1)
  for (int i = 0; i < n; ++i) {
    FLASHCELL_ITERATION(fork);
    if (i % every == 0) some.write(i);
    all.write(i);
  }
}
void relay(int n, int interval, int depth, Stream& in, Stream& out) {
  FLASHCELL_LOOP(relay, interval, depth)
  for (int i = 0; i < n; ++i) {
    FLASHCELL_ITERATION(relay);
    out.write(in.read());
  }
}
void join(int n, int every, Stream& some, Stream& all) {
  FLASHCELL_LOOP(join, 1, 1)
  for (int i = 0; i < n; ++i) {
    FLASHCELL_ITERATION(join);
    ASSERT_EQ(all.read(), i);
    const int other = i % every == 0 ? some.read() : i;
    ASSERT_EQ(other, i);
  }
}

/// Two ways to one stage, on one of which a token comes only sometimes, through a pipeline of `depth` clocks.
CycleReport two_ways(int n, int every, int depth, const SimulationOptions& options) {
  const Simulation simulation(options);
  hls::stream<int, 2> some("some"), late("late");
  hls::stream<int, 4> all("all");
  FLASHCELL_DATAFLOW(two_ways)
  FLASHCELL_STAGE(fork(n, every, some, all));
  FLASHCELL_STAGE(relay((n + every - 1) / every, 1, depth, some, late));
  FLASHCELL_STAGE(join(n, every, late, all));
  FLASHCELL_DATAFLOW_END
  return simulation.report();
}

TEST(StallingPipeline, KeepsATokenUntilTheNextOnesCome) {
  for (const bool timed : {true, false}) {
    const SimulationOptions flushable = style(PipelineStyle::flushable, timed),
                            stalling = style(PipelineStyle::stalling, timed);
    EXPECT_NO_THROW(two_ways(100, 10, 8, flushable));
    EXPECT_THROW(two_ways(100, 10, 8, stalling), Deadlock);
    // The relay lets token 0 go when token depth - 1 comes. Until then the other way must have room for all of them.
    EXPECT_NO_THROW(two_ways(100, 1, 4, stalling));
    EXPECT_THROW(two_ways(100, 1, 5, stalling), Deadlock);
    EXPECT_NO_THROW(two_ways(100, 1, 5, flushable));
    // Never long enough to keep anything.
    EXPECT_NO_THROW(two_ways(100, 10, 1, stalling));
  }
}

TEST(StallingPipeline, IterationsMayTakeLongerThanStated) {
  SimulationOptions options = style(PipelineStyle::stalling);
  options.deeper = 3;
  EXPECT_THROW(two_ways(100, 1, 2, options), Deadlock);
  options.deeper = 2;
  EXPECT_NO_THROW(two_ways(100, 1, 2, options));
  for (const PipelineStyle pipelines : {PipelineStyle::flushable, PipelineStyle::stalling}) {
    options.style = pipelines;
    const Simulation simulation(options);
    Stream in("in"), out("out");
    for (int i = 0; i < 3; ++i) in.write(i);
    FLASHCELL_DATAFLOW(longer)
    FLASHCELL_STAGE(relay(3, 2, 20, in, out));
    FLASHCELL_DATAFLOW_END
    EXPECT_EQ(simulation.report().cycles, 24 + 2);
  }
}

TEST(StallingPipeline, DeadlockSaysWhatStandsStill) {
  try {
    two_ways(100, 10, 8, style(PipelineStyle::stalling));
    FAIL() << "no deadlock";
  } catch (const Deadlock& deadlock) {
    EXPECT_THAT(deadlock.what(), HasSubstr("relay waits to read stream some (depth 2, empty) with 1 tokens in its "
                                           "pipeline, which stands still"));
    EXPECT_THAT(deadlock.what(), HasSubstr("join waits to read stream late (depth 2, empty)"));
  }
}

TEST(StallingPipeline, WhatIsUnderWayComesOutWhenTheLoopEnds) {
  const Simulation simulation(style(PipelineStyle::stalling));
  Stream in("in"), out("out");
  for (int i = 0; i < 3; ++i) in.write(i);
  FLASHCELL_DATAFLOW(drains)
  FLASHCELL_STAGE(relay(3, 2, 20, in, out));
  FLASHCELL_DATAFLOW_END
  // Starts in 0, 2, 4; writes in 19, 21, 23.
  EXPECT_EQ(simulation.report().cycles, 24);
  EXPECT_EQ(simulation.report().fifo("out")->last_write, 23);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(out.read(), i);
  EXPECT_TRUE(out.empty());
}

void two_loops(int n, Stream& in, Stream& out) {
  relay(n, 1, 6, in, out);
  relay(n, 1, 6, in, out);
}
TEST(StallingPipeline, LoopsOfAStageFollowEachOther) {
  const Simulation simulation(style(PipelineStyle::stalling));
  Stream in("in"), out("out");
  for (int i = 0; i < 8; ++i) in.write(i);
  FLASHCELL_DATAFLOW(follow)
  FLASHCELL_STAGE(two_loops(4, in, out));
  FLASHCELL_DATAFLOW_END
  EXPECT_EQ(simulation.report().cycles, 2 * (3 + 6));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(out.read(), i);
}

void fails_after(int n, Stream& in) {
  for (int i = 0; i < n; ++i) in.read();
  throw std::runtime_error("given up");
}
TEST(StallingPipeline, ExceptionLeavesNothingUnderWay) {
  Stream in("in");
  hls::stream<int, 2> out("out");
  const Simulation simulation(style(PipelineStyle::stalling));
  for (int i = 0; i < 50; ++i) in.write(i);
  const auto run = [&] {
    FLASHCELL_DATAFLOW(failing)
    FLASHCELL_STAGE(relay(60, 1, 9, in, out));
    FLASHCELL_STAGE(fails_after(20, out));
    FLASHCELL_DATAFLOW_END
  };
  EXPECT_THROW(run(), std::runtime_error);
}

// --- any chain of relays against stages that look at their FIFOs each clock

struct Link {
  int interval, depth, fifo;  ///< the FIFO behind it
};

/// What all stages see at the beginning of a clock.
struct Fill {
  int tokens = 0, comes = 0, goes = 0;
};

int64_t clock_by_clock(const std::vector<Link>& links, int n) {
  const int count = static_cast<int>(links.size());
  std::vector<Fill> fills(links.size());
  std::vector<int64_t> step(links.size(), 0);
  const auto steps_of = [&](int k) {
    const Link& link = links[static_cast<size_t>(k)];
    return int64_t{n - 1} * link.interval + link.depth;
  };
  int64_t clock = 0, end = 0;
  for (bool running = true; running; ++clock) {
    running = false;
    for (int k = 0; k < count; ++k) {
      const size_t at = static_cast<size_t>(k);
      if (step[at] >= steps_of(k)) continue;
      running = true;
      const Link& link = links[at];
      const int64_t write_step = step[at] - (link.depth - 1);
      const bool reads = k > 0 && step[at] % link.interval == 0 && step[at] / link.interval < n;
      const bool writes = k + 1 < count && write_step >= 0 && write_step % link.interval == 0;
      if (reads && fills[at - 1].tokens == 0) continue;
      if (writes && fills[at].tokens >= link.fifo) continue;
      if (reads) fills[at - 1].goes = 1;
      if (writes) fills[at].comes = 1;
      if (++step[at] == steps_of(k)) end = std::max(end, clock + 1);
    }
    for (Fill& fill : fills) fill = {fill.tokens + fill.comes - fill.goes, 0, 0};
  }
  return end;
}

void produce(int n, const Link& link, Stream& out) {
  FLASHCELL_LOOP(produce, link.interval, link.depth)
  for (int i = 0; i < n; ++i) {
    FLASHCELL_ITERATION(produce);
    out.write(i);
  }
}
void consume(int n, const Link& link, Stream& in) {
  FLASHCELL_LOOP(consume, link.interval, link.depth)
  for (int i = 0; i < n; ++i) {
    FLASHCELL_ITERATION(consume);
    ASSERT_EQ(in.read(), i);
  }
}

TEST(StallingPipeline, RandomChainsTakeTheClocksOfASimulationClockByClock) {
  std::mt19937 random(5);
  const auto up_to = [&](int most) { return 1 + static_cast<int>(random() % static_cast<unsigned>(most)); };
  for (int round = 0; round < 300; ++round) {
    std::vector<Link> links(5);
    for (Link& link : links) link = {up_to(3), up_to(9), up_to(5)};
    const int n = up_to(60);
    SimulationOptions options = style(PipelineStyle::stalling);
    const char* const names[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; ++i) options.depths[names[i]] = links[static_cast<size_t>(i)].fifo;
    const Simulation simulation(options);
    Stream a("a"), b("b"), c("c"), d("d");
    FLASHCELL_DATAFLOW(chain)
    // Not in the order of the tokens: the clocks must not depend on it.
    FLASHCELL_STAGE(consume(n, links[4], d));
    FLASHCELL_STAGE(relay(n, links[2].interval, links[2].depth, b, c));
    FLASHCELL_STAGE(produce(n, links[0], a));
    FLASHCELL_STAGE(relay(n, links[3].interval, links[3].depth, c, d));
    FLASHCELL_STAGE(relay(n, links[1].interval, links[1].depth, a, b));
    FLASHCELL_DATAFLOW_END
    ASSERT_EQ(simulation.report().cycles, clock_by_clock(links, n)) << round;
  }
}

}  // namespace
