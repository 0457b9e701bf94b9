// The cycle model against pipelines whose clocks were worked out by hand from the rules in
// kernels_hls/emulation/README.md.
#include <gmock/gmock.h>

#include <random>

#include "kernels_hls/common/hls.hpp"
#include "kernels_hls/emulation/find_depths.hpp"
#include "kernels_hls/emulation/simulation.hpp"

namespace {

using flashcell_emulation::CycleReport;
using flashcell_emulation::Deadlock;
using flashcell_emulation::DepthSearch;
using flashcell_emulation::find_smallest_depths;
using flashcell_emulation::Simulation;
using flashcell_emulation::SimulationOptions;
using flashcell_emulation::StageReport;

using Stream = hls::stream<int>;

void produce(int n, int interval, int depth, Stream& out) {
  FLASHCELL_LOOP(produce, interval, depth)
  for (int i = 0; i < n; ++i) {
    FLASHCELL_ITERATION(produce);
    out.write(i);
  }
}
void consume(int n, int interval, int depth, Stream& in) {
  FLASHCELL_LOOP(consume, interval, depth)
  for (int i = 0; i < n; ++i) {
    FLASHCELL_ITERATION(consume);
    ASSERT_EQ(in.read(), i);
  }
}

struct Pace {
  int interval, depth;
};
CycleReport pair(int n, Pace producer, Pace consumer, int fifo_depth) {
  SimulationOptions options;
  options.depths["fifo"] = fifo_depth;
  const Simulation simulation(options);
  Stream fifo("fifo");
  FLASHCELL_DATAFLOW(pair)
  FLASHCELL_STAGE(produce(n, producer.interval, producer.depth, fifo));
  FLASHCELL_STAGE(consume(n, consumer.interval, consumer.depth, fifo));
  FLASHCELL_DATAFLOW_END
  return simulation.report();
}

void expect_stage(const CycleReport& report, const char* name, int64_t busy, int64_t waits_input,
                  int64_t waits_output) {
  const StageReport* stage = report.stage(name);
  ASSERT_NE(stage, nullptr) << name;
  EXPECT_EQ(stage->busy, busy) << name;
  EXPECT_EQ(stage->waits_input, waits_input) << name;
  EXPECT_EQ(stage->waits_output, waits_output) << name;
  EXPECT_EQ(stage->waits_memory, 0) << name;
}

// Writes in clocks 0 .. 9, reads in 1 .. 10, over after clock 10.
TEST(CycleModel, TokenIsThereInTheNextClock) {
  const CycleReport report = pair(10, {1, 1}, {1, 1}, 2);
  EXPECT_EQ(report.cycles, 11);
  expect_stage(report, "produce", 10, 0, 0);
  expect_stage(report, "consume", 10, 1, 0);
  EXPECT_EQ(report.stage("consume")->iterations, 10);
  EXPECT_EQ(report.fifo("fifo")->depth, 2);
  EXPECT_EQ(report.fifo("fifo")->tokens, 10);
  EXPECT_EQ(report.fifo("fifo")->highest_fill, 2);  // one comes while the one before goes
  EXPECT_EQ(report.fifo("fifo")->writer, "produce");
  EXPECT_EQ(report.fifo("fifo")->reader, "consume");
  EXPECT_EQ(report.fifo("fifo")->last_write, 9);
  EXPECT_EQ(report.fifo("fifo")->last_read, 10);
}

// The only place is free again in the clock after its token was read: writes in 0, 2, 4, 6, 8, reads in 1, 3, 5, 7, 9.
TEST(CycleModel, DepthOneTakesEverySecondClock) {
  const CycleReport report = pair(5, {1, 1}, {1, 1}, 1);
  EXPECT_EQ(report.cycles, 10);
  expect_stage(report, "produce", 5, 0, 4);
  expect_stage(report, "consume", 5, 5, 0);
  EXPECT_EQ(report.fifo("fifo")->highest_fill, 1);
}

// Reads in 1, 4, 7, 10, 13. Writes in 0, 1, 2, then 5 and 8, each in the clock after a read.
TEST(CycleModel, SlowConsumerHoldsTheProducerBack) {
  const CycleReport report = pair(5, {1, 1}, {3, 1}, 2);
  EXPECT_EQ(report.cycles, 14);
  expect_stage(report, "produce", 5, 0, 4);
  expect_stage(report, "consume", 13, 1, 0);
  EXPECT_EQ(report.fifo("fifo")->highest_fill, 2);
}

// Writes in 0, 2, 5, 8, 11; reads as above.
TEST(CycleModel, SlowConsumerBehindDepthOne) {
  const CycleReport report = pair(5, {1, 1}, {3, 1}, 1);
  EXPECT_EQ(report.cycles, 14);
  expect_stage(report, "produce", 5, 0, 7);
}

// Writes in 0, 4, 8; reads in 1, 5, 9.
TEST(CycleModel, SlowProducerStarvesTheConsumer) {
  const CycleReport report = pair(3, {4, 1}, {1, 1}, 2);
  EXPECT_EQ(report.cycles, 10);
  expect_stage(report, "produce", 9, 0, 0);
  expect_stage(report, "consume", 3, 7, 0);
}

// Iterations start in 0, 1, 2 and take five clocks: writes in 4, 5, 6, the loop is over after 6. Reads in 5, 6, 7, the
// last of four clocks is 10.
TEST(CycleModel, DepthOfALoopIsItsLatency) {
  const CycleReport report = pair(3, {1, 5}, {1, 4}, 2);
  EXPECT_EQ(report.cycles, 11);
  expect_stage(report, "produce", 7, 0, 0);
  expect_stage(report, "consume", 6, 5, 0);
}

TEST(CycleModel, LoopWithoutIterationsTakesNoClock) {
  EXPECT_EQ(pair(0, {1, 7}, {1, 7}, 2).cycles, 0);
}

void produce_pairs(int n, Stream& out) {
  FLASHCELL_LOOP(pairs, 1, 1)
  for (int i = 0; i < n; i += 2) {
    FLASHCELL_ITERATION(pairs);
    out.write(i);
    out.write(i + 1);
  }
}
// A FIFO takes one token a clock, whatever interval the loop states.
TEST(CycleModel, TwoTokensOfAnIterationTakeTwoClocks) {
  const Simulation simulation;
  hls::stream<int, 8> fifo("fifo");
  FLASHCELL_DATAFLOW(port)
  FLASHCELL_STAGE(produce_pairs(6, fifo));
  FLASHCELL_STAGE(consume(6, 1, 1, fifo));
  FLASHCELL_DATAFLOW_END
  EXPECT_EQ(simulation.report().cycles, 7);
  expect_stage(simulation.report(), "produce_pairs", 6, 0, 0);
}

void rows(int n, Stream& out) {
  for (int row = 0; row < n; ++row) produce(4, 1, 3, out);
  out.write(-1);
}
void read_rows(int n, Stream& in) {
  for (int row = 0; row < n; ++row) consume(4, 1, 1, in);
  EXPECT_EQ(in.read(), -1);
}
// Each loop: starts in four clocks, three to drain: 6. Writes in 2 .. 5, 8 .. 11; the last outside of loops in 12.
// Reads in 3 .. 6, 9 .. 12, and in 13.
TEST(CycleModel, LoopsDrainAndAccessesOutsideTakeAClock) {
  const Simulation simulation;
  hls::stream<int, 8> fifo("fifo");
  FLASHCELL_DATAFLOW(drain)
  FLASHCELL_STAGE(rows(2, fifo));
  FLASHCELL_STAGE(read_rows(2, fifo));
  FLASHCELL_DATAFLOW_END
  EXPECT_EQ(simulation.report().cycles, 14);
  expect_stage(simulation.report(), "rows", 13, 0, 0);
  expect_stage(simulation.report(), "read_rows", 9, 5, 0);
}

void nested_loops(int n, Stream& out) {
  FLASHCELL_LOOP(outer, 2, 4)
  for (int row = 0; row < n; ++row) {
    FLASHCELL_ITERATION(outer);
    produce(3, 1, 1, out);
  }
}
// The inner loop takes 3 clocks, the next iteration starts two later: starts in 0, 5 (3 + 2); 8 + 4 is the end.
TEST(CycleModel, InnerLoopRunsWithinTheIteration) {
  const Simulation simulation;
  hls::stream<int, 8> fifo("fifo");
  FLASHCELL_DATAFLOW(nest)
  FLASHCELL_STAGE(nested_loops(2, fifo));
  FLASHCELL_DATAFLOW_END
  EXPECT_EQ(simulation.report().cycles, 12);
  EXPECT_EQ(simulation.report().stage("nested_loops")->iterations, 8);
  EXPECT_EQ(simulation.report().fifo("fifo")->last_write, 7);
}

void from_memory(int n, Stream& out) {
  FLASHCELL_BURST(port);
  produce(n, 1, 2, out);
}
TEST(CycleModel, BurstWaitsForTheMemory) {
  SimulationOptions options;
  options.memory_latency = 100;
  const Simulation simulation(options);
  hls::stream<int, 2> fifo("fifo");
  FLASHCELL_DATAFLOW(memory)
  FLASHCELL_STAGE(from_memory(5, fifo));
  FLASHCELL_STAGE(consume(5, 1, 1, fifo));
  FLASHCELL_DATAFLOW_END
  EXPECT_EQ(simulation.report().cycles, 107);  // writes in 101 .. 105, reads in 102 .. 106
  EXPECT_EQ(simulation.report().stage("from_memory")->waits_memory, 100);
  EXPECT_EQ(simulation.report().stage("from_memory")->busy, 6);
}

void relay(int n, Stream& in, Stream& out) {
  FLASHCELL_LOOP(relay, 1, 1)
  for (int i = 0; i < n; ++i) {
    FLASHCELL_ITERATION(relay);
    out.write(in.read());
  }
}
void frames(int count, int n, Stream& in, Stream& out) {
  for (int frame = 0; frame < count; ++frame) {
    hls::stream<int, 2> between("between");
    FLASHCELL_DATAFLOW(frame)
    FLASHCELL_STAGE(relay(n, in, between));
    FLASHCELL_STAGE(relay(n, between, out));
    FLASHCELL_DATAFLOW_END
  }
}
// A frame of 4 takes 5 clocks; the next starts when it is over. Reads in 1 .. 4, 6 .. 9; writes one later.
TEST(CycleModel, RegionsInALoopRunOneAfterTheOther) {
  const Simulation simulation;
  hls::stream<int, 16> in("in"), out("out");
  FLASHCELL_DATAFLOW(loop)
  FLASHCELL_STAGE(produce(8, 1, 1, in));
  FLASHCELL_STAGE(frames(2, 4, in, out));
  FLASHCELL_STAGE(consume(8, 1, 1, out));
  FLASHCELL_DATAFLOW_END
  const CycleReport report = simulation.report();
  // First frame: reads in 1 .. 4, the second relay in 2 .. 5: over after 5. Second: 6 .. 9 and 7 .. 10.
  EXPECT_EQ(report.fifo("in")->last_read, 9);
  EXPECT_EQ(report.fifo("between")->tokens, 8);
  EXPECT_EQ(report.fifo("between")->last_read, 10);
  EXPECT_EQ(report.region("frame")->runs, 2);
  EXPECT_EQ(report.region("frame")->cycles, 6 + 5);
  EXPECT_EQ(report.cycles, 12);
}

// What the testbench has put in is there from the first clock; it takes whatever comes out.
TEST(CycleModel, TestbenchNeverWaits) {
  Stream in("in"), out("out");
  const Simulation simulation;
  for (int i = 0; i < 100; ++i) in.write(i);
  FLASHCELL_DATAFLOW(ends)
  FLASHCELL_STAGE(relay(100, in, out));
  FLASHCELL_DATAFLOW_END
  const CycleReport report = simulation.report();
  EXPECT_EQ(report.cycles, 100);
  expect_stage(report, "relay", 100, 0, 0);
  EXPECT_EQ(report.fifo("in")->depth, 0);
  EXPECT_EQ(report.fifo("out")->depth, 0);
  EXPECT_EQ(report.fifo("out")->tokens, 100);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(out.read(), i);
  EXPECT_TRUE(out.empty());
}

TEST(CycleModel, NamelessStreamsAreNamedAfterTheirStage) {
  const Simulation simulation;
  Stream a, b;
  FLASHCELL_DATAFLOW(nameless)
  FLASHCELL_STAGE(produce(3, 1, 1, a));
  FLASHCELL_STAGE(relay(3, a, b));
  FLASHCELL_STAGE(consume(3, 1, 1, b));
  FLASHCELL_DATAFLOW_END
  ASSERT_NE(simulation.report().fifo("nameless.produce.out1"), nullptr);
  ASSERT_NE(simulation.report().fifo("nameless.relay.out1"), nullptr);
}

TEST(CycleModel, OffCountsNothing) {
  SimulationOptions options;
  options.timed = false;
  const Simulation simulation(options);
  hls::stream<int, 2> fifo("fifo");
  FLASHCELL_DATAFLOW(off)
  FLASHCELL_STAGE(produce(10, 1, 1, fifo));
  FLASHCELL_STAGE(consume(10, 1, 1, fifo));
  FLASHCELL_DATAFLOW_END
  EXPECT_EQ(simulation.report().cycles, 0);
  EXPECT_EQ(simulation.report().fifo("fifo")->tokens, 10);
}

// --- depths

/// Its output is `late` tokens behind its input.
void delay(int n, int late, Stream& in, Stream& out) {
  FLASHCELL_LOOP(delay, 1, 1)
  for (int i = 0; i < n + late; ++i) {
    FLASHCELL_ITERATION(delay);
    if (i < n) in.read();
    if (i >= late) out.write(i - late);
  }
}
void fork(int n, Stream& one, Stream& other) {
  FLASHCELL_LOOP(fork, 1, 1)
  for (int i = 0; i < n; ++i) {
    FLASHCELL_ITERATION(fork);
    one.write(i);
    other.write(i);
  }
}
void join(int n, Stream& one, Stream& other) {
  FLASHCELL_LOOP(join, 1, 1)
  for (int i = 0; i < n; ++i) {
    FLASHCELL_ITERATION(join);
    ASSERT_EQ(one.read(), i);
    ASSERT_EQ(other.read(), i);
  }
}
void diamond(int n, int late) {
  hls::stream<int, 2> in("in"), out("out"), around("around");
  FLASHCELL_DATAFLOW(diamond)
  FLASHCELL_STAGE(fork(n, in, around));
  FLASHCELL_STAGE(delay(n, late, in, out));
  FLASHCELL_STAGE(join(n, out, around));
  FLASHCELL_DATAFLOW_END
}
int64_t diamond_cycles(int n, int late, int around) {
  SimulationOptions options;
  options.depths["around"] = around;
  const Simulation simulation(options);
  diamond(n, late);
  return simulation.report().cycles;
}

// The way through `delay` gives its first token after `late` + 1 have gone in: `late` wait on the way around it.
TEST(CycleModel, DiamondDeadlocksWithOnePlaceTooFew) {
  for (const int late : {3, 10, 33}) {
    EXPECT_THROW(diamond_cycles(100, late, late - 1), Deadlock) << late;
    EXPECT_NO_THROW(diamond_cycles(100, late, late)) << late;
    // Token i: into `in` in clock i, out of `delay` in clock i + 1 + late, joined one later; the last in late + 101.
    // A place is free again in the clock after the join: late + 3 tokens are on the way.
    EXPECT_EQ(diamond_cycles(100, late, late + 3), late + 102) << late;
    EXPECT_GT(diamond_cycles(100, late, late + 2), late + 102) << late;
  }
}

TEST(FindDepths, SmallestThatCostsNoClock) {
  const DepthSearch search = find_smallest_depths([] { diamond(100, 10); });
  EXPECT_EQ(search.cycles, 112);
  EXPECT_EQ(search.depths, (std::map<std::string, int>{{"in", 2}, {"out", 2}, {"around", 13}}));
}

TEST(FindDepths, OneLessIsCaught) {
  const auto run = [] {
    hls::stream<int, 2> in("in"), slow("slow"), out("out"), around("around");
    FLASHCELL_DATAFLOW(uneven)
    FLASHCELL_STAGE(fork(60, in, around));
    FLASHCELL_STAGE(delay(60, 7, in, out));
    FLASHCELL_STAGE(relay(60, around, slow));
    FLASHCELL_STAGE(join(60, out, slow));
    FLASHCELL_DATAFLOW_END
  };
  const DepthSearch search = find_smallest_depths(run);
  EXPECT_EQ(search.depths.size(), 4u);
  for (const auto& [name, depth] : search.depths) {
    SimulationOptions options;
    options.depths = search.depths;
    const auto cycles = [&] {
      const Simulation simulation(options);
      run();
      return simulation.report().cycles;
    };
    EXPECT_EQ(cycles(), search.cycles);
    if (depth == 1) continue;
    options.depths[name] = depth - 1;
    bool caught = false;
    try {
      caught = cycles() > search.cycles;
    } catch (const Deadlock&) {
      caught = true;
    }
    EXPECT_TRUE(caught) << name << " " << depth;
  }
}

// --- any chain of relays against the recurrence written down directly

struct Link {
  int interval, depth, fifo;  ///< the FIFO behind it
};
/// Clock after the last iteration of a chain: link 0 only writes, the last only reads.
int64_t expected_cycles(const std::vector<Link>& links, int n) {
  const size_t count = links.size();
  std::vector<std::vector<int64_t>> start(count, std::vector<int64_t>(static_cast<size_t>(n)));
  // starts[k][i] depends on the link before (token i) and on the link behind (token i - fifo): iterate to a fixpoint
  // from below.
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t k = 0; k < count; ++k) {
      for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
        int64_t at = i == 0 ? 0 : start[k][i - 1] + links[k].interval;
        if (k > 0) at = std::max(at, start[k - 1][i] + links[k - 1].depth);
        const size_t fifo = static_cast<size_t>(links[k].fifo);
        if (k + 1 < count && i >= fifo) at = std::max(at, start[k + 1][i - fifo] + 2 - links[k].depth);
        changed |= at != start[k][i];
        start[k][i] = at;
      }
    }
  }
  int64_t end = 0;
  for (size_t k = 0; k < count; ++k) end = std::max(end, start[k].back() + links[k].depth);
  return end;
}
void link_stage(int n, const Link& link, Stream& in, Stream& out) {
  FLASHCELL_LOOP(link, link.interval, link.depth)
  for (int i = 0; i < n; ++i) {
    FLASHCELL_ITERATION(link);
    out.write(in.read());
  }
}
TEST(CycleModel, RandomChainsFollowTheRecurrence) {
  std::mt19937 random(5);
  const auto up_to = [&](int most) { return 1 + static_cast<int>(random() % static_cast<unsigned>(most)); };
  for (int round = 0; round < 200; ++round) {
    std::vector<Link> links(5);
    for (Link& link : links) link = {up_to(3), up_to(6), up_to(5)};
    const int n = up_to(60);
    SimulationOptions options;
    const char* const names[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; ++i) options.depths[names[i]] = links[static_cast<size_t>(i)].fifo;
    const Simulation simulation(options);
    Stream a("a"), b("b"), c("c"), d("d");
    FLASHCELL_DATAFLOW(chain)
    // Not in the order of the tokens: the clocks must not depend on it.
    FLASHCELL_STAGE(consume(n, links[4].interval, links[4].depth, d));
    FLASHCELL_STAGE(link_stage(n, links[2], b, c));
    FLASHCELL_STAGE(produce(n, links[0].interval, links[0].depth, a));
    FLASHCELL_STAGE(link_stage(n, links[3], c, d));
    FLASHCELL_STAGE(link_stage(n, links[1], a, b));
    FLASHCELL_DATAFLOW_END
    ASSERT_EQ(simulation.report().cycles, expected_cycles(links, n)) << round;
  }
}

}  // namespace
