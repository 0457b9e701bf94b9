// Stages of a dataflow region as coroutines: order, waiting, deadlocks, exceptions, nesting, threads.
#include <gmock/gmock.h>

#include <memory>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "kernels_hls/common/hls.hpp"
#include "kernels_hls/emulation/simulation.hpp"

namespace {

using flashcell_emulation::Deadlock;
using flashcell_emulation::Simulation;
using flashcell_emulation::SimulationOptions;
using testing::HasSubstr;

using Stream = hls::stream<int>;

void count(int n, Stream& out) {
  for (int i = 0; i < n; ++i) out.write(i);
}
void twice(int n, Stream& in, Stream& out) {
  for (int i = 0; i < n; ++i) out.write(2 * in.read());
}
void split(int n, Stream& in, Stream& even, Stream& odd) {
  for (int i = 0; i < n; ++i) (i % 2 == 0 ? even : odd).write(in.read());
}
void add_pairs(int n, Stream& a, Stream& b, Stream& out) {
  for (int i = 0; i < n; ++i) out.write(a.read() + b.read());
}
std::vector<int> drained(Stream& stream) {
  std::vector<int> values;
  while (!stream.empty()) values.push_back(stream.read());
  return values;
}
template <class Run>
std::string deadlock_of(Run run) {
  try {
    run();
  } catch (const Deadlock& deadlock) {
    return deadlock.what();
  }
  return "no deadlock";
}

/// Every test below holds with queues without bound, with bounded FIFOs and with clocks.
enum class Mode { functional, bounded, timed };
class Dataflow : public testing::TestWithParam<Mode> {
 protected:
  Dataflow() {
    SimulationOptions options;
    options.timed = GetParam() == Mode::timed;
    if (GetParam() != Mode::functional) simulation_ = std::make_unique<Simulation>(options);
  }
  bool bounded() const { return GetParam() != Mode::functional; }

 private:
  std::unique_ptr<Simulation> simulation_;
};
INSTANTIATE_TEST_SUITE_P(Modes, Dataflow, testing::Values(Mode::functional, Mode::bounded, Mode::timed),
                         [](const auto& test) {
                           return std::string(test.param == Mode::functional ? "Functional"
                                              : test.param == Mode::bounded  ? "Bounded"
                                                                             : "Timed");
                         });

TEST_P(Dataflow, StagesGiveTheSameInAnyOrderOfDeclaration) {
  constexpr int kCount = 1000;
  std::vector<int> expected(kCount / 2);
  for (int i = 0; i < kCount / 2; ++i) expected[static_cast<size_t>(i)] = 8 * i + 2;
  std::vector<int> order(4);
  std::iota(order.begin(), order.end(), 0);
  do {
    hls::stream<int, 1> numbers("numbers"), doubled("doubled");
    hls::stream<int, 3> even("even"), odd("odd");
    Stream sums("sums");
    FLASHCELL_DATAFLOW(permuted)
    for (const int stage : order) {
      if (stage == 0) FLASHCELL_STAGE(count(kCount, numbers));
      if (stage == 1) FLASHCELL_STAGE(twice(kCount, numbers, doubled));
      if (stage == 2) FLASHCELL_STAGE(split(kCount, doubled, even, odd));
      if (stage == 3) FLASHCELL_STAGE(add_pairs(kCount / 2, even, odd, sums));
    }
    FLASHCELL_DATAFLOW_END
    ASSERT_EQ(drained(sums), expected);
  } while (std::next_permutation(order.begin(), order.end()));
}

/// Tokens that run in a circle.
void circle(int n, Stream& forward, Stream& back, int& last) {
  forward.write(0);
  for (int i = 1; i < n; ++i) forward.write(back.read() + 1);
  last = back.read();
}
TEST_P(Dataflow, Feedback) {
  hls::stream<int, 1> forward("forward"), back("back");
  int last = 0;
  FLASHCELL_DATAFLOW(feedback)
  FLASHCELL_STAGE(circle(25, forward, back, last));
  FLASHCELL_STAGE(twice(25, forward, back));
  FLASHCELL_DATAFLOW_END
  EXPECT_EQ(last, (1 << 25) - 2);  // x -> 2x + 1, 24 times, and doubled
}

TEST_P(Dataflow, TestbenchFillsBeforeAndDrainsAfter) {
  Stream in("in"), out("out");
  hls::stream<int, 1> between("between");
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 500; ++i) in.write(i);
    FLASHCELL_DATAFLOW(ends)
    FLASHCELL_STAGE(twice(500, in, between));
    FLASHCELL_STAGE(twice(500, between, out));
    FLASHCELL_DATAFLOW_END
    const std::vector<int> values = drained(out);
    ASSERT_EQ(values.size(), 500u);
    for (int i = 0; i < 500; ++i) ASSERT_EQ(values[static_cast<size_t>(i)], 4 * i);
  }
}

void inner(int n, Stream& in, Stream& out) {
  hls::stream<int, 1> between("between");
  FLASHCELL_DATAFLOW(inner)
  FLASHCELL_STAGE(twice(n, in, between));
  FLASHCELL_STAGE(twice(n, between, out));
  FLASHCELL_DATAFLOW_END
}
void frames_of(int frames, int n, Stream& in, Stream& out) {
  for (int frame = 0; frame < frames; ++frame) inner(n, in, out);
}
TEST_P(Dataflow, RegionsInStagesAndInLoops) {
  hls::stream<int, 1> numbers("numbers"), middle("middle");
  Stream out("out");
  FLASHCELL_DATAFLOW(outer)
  FLASHCELL_STAGE(count(300, numbers));
  FLASHCELL_STAGE(frames_of(3, 100, numbers, middle));
  FLASHCELL_STAGE(frames_of(30, 10, middle, out));
  FLASHCELL_DATAFLOW_END
  const std::vector<int> values = drained(out);
  ASSERT_EQ(values.size(), 300u);
  for (int i = 0; i < 300; ++i) ASSERT_EQ(values[static_cast<size_t>(i)], 16 * i);
}

TEST_P(Dataflow, EmptyStreamThatNobodyWritesIsADeadlock) {
  hls::stream<int, 4> numbers("numbers");
  Stream more("more");
  const std::string message = deadlock_of([&] {
    FLASHCELL_DATAFLOW(short_of_one)
    FLASHCELL_STAGE(count(9, numbers));
    FLASHCELL_STAGE(twice(10, numbers, more));
    FLASHCELL_DATAFLOW_END
  });
  EXPECT_THAT(message, HasSubstr("short_of_one"));
  EXPECT_THAT(message, HasSubstr("twice waits to read stream numbers (depth 4, empty)"));
  EXPECT_THAT(message, testing::Not(HasSubstr("count")));
}

/// n tokens to the one stream, then n to the other; the reader takes them the other way round.
void one_after_the_other(int n, Stream& first, Stream& second) {
  count(n, first);
  count(n, second);
}
TEST_P(Dataflow, FullStreamsOfACircleAreADeadlock) {
  for (const int depth : {3, 4}) {
    hls::stream<int, 3> shallow("x");
    hls::stream<int, 4> deep("x");
    hls::stream<int, 2> second("y");
    Stream& first = depth == 3 ? static_cast<Stream&>(shallow) : deep;
    Stream out("out");
    const std::string message = deadlock_of([&] {
      FLASHCELL_DATAFLOW(crossed)
      FLASHCELL_STAGE(one_after_the_other(4, first, second));
      FLASHCELL_STAGE(one_after_the_other(0, second, first));
      FLASHCELL_STAGE(add_pairs(4, second, first, out));
      FLASHCELL_DATAFLOW_END
    });
    if (bounded() && depth == 3) {
      EXPECT_THAT(message, HasSubstr("one_after_the_other waits to write stream x (depth 3, full)"));
      EXPECT_THAT(message, HasSubstr("add_pairs waits to read stream y (depth 2, empty)"));
    } else {
      EXPECT_EQ(message, "no deadlock") << depth;
    }
  }
}

TEST_P(Dataflow, DeadlockOfAnInnerRegionNamesAllStages) {
  hls::stream<int, 1> numbers("numbers"), never("never"), out("out");
  const std::string message = deadlock_of([&] {
    FLASHCELL_DATAFLOW(outer)
    FLASHCELL_STAGE(twice(1, never, numbers));
    FLASHCELL_STAGE(frames_of(1, 5, numbers, out));
    FLASHCELL_DATAFLOW_END
  });
  EXPECT_THAT(message, HasSubstr("twice waits to read stream never (depth 1, empty)"));
  EXPECT_THAT(message, HasSubstr("frames_of waits for its inner dataflow inner"));
  EXPECT_THAT(message, HasSubstr("twice waits to read stream numbers (depth 1, empty)"));
  EXPECT_THAT(message, HasSubstr("twice#2 waits to read stream between (depth 1, empty)"));
}

struct Alive {
  explicit Alive(int& count) : alive(count) { ++alive; }
  ~Alive() { --alive; }
  int& alive;
};
void fails_at(int token, Stream& in, int& alive) {
  const Alive here(alive);
  while (true) {
    if (in.read() == token) throw std::runtime_error("token " + std::to_string(token));
  }
}
void waits_for_ever(Stream& in, int& alive) {
  const Alive here(alive);
  in.read();
}
TEST_P(Dataflow, ExceptionsComeOutAndEveryStageIsUnwound) {
  for (int round = 0; round < 3; ++round) {
    hls::stream<int, 2> numbers("numbers"), never("never");
    int alive = 0;
    std::string message;
    try {
      FLASHCELL_DATAFLOW(failing)
      FLASHCELL_STAGE(waits_for_ever(never, alive));
      FLASHCELL_STAGE(count(100, numbers));
      FLASHCELL_STAGE(fails_at(round, numbers, alive));
      FLASHCELL_DATAFLOW_END
    } catch (const std::runtime_error& error) {
      message = error.what();
    }
    EXPECT_EQ(message, "token " + std::to_string(round));
    EXPECT_EQ(alive, 0);
  }
}

void holds_inner(Stream& in, Stream& never, int& alive) {
  const Alive here(alive);
  FLASHCELL_DATAFLOW(held)
  FLASHCELL_STAGE(waits_for_ever(never, alive));
  FLASHCELL_STAGE(fails_at(3, in, alive));
  FLASHCELL_DATAFLOW_END
}
TEST_P(Dataflow, ExceptionsPassThroughRegionsBothWays) {
  hls::stream<int, 2> numbers("numbers"), never("never");
  int alive = 0;
  const auto fails_inside = [&] {
    FLASHCELL_DATAFLOW(around)
    FLASHCELL_STAGE(waits_for_ever(never, alive));
    FLASHCELL_STAGE(count(4, numbers));
    FLASHCELL_STAGE(holds_inner(numbers, never, alive));
    FLASHCELL_DATAFLOW_END
  };
  EXPECT_THROW(fails_inside(), std::runtime_error);
  EXPECT_EQ(alive, 0);
  // A stage beside the one that holds an inner region.
  hls::stream<int, 2> others("others");
  const auto fails_beside = [&] {
    FLASHCELL_DATAFLOW(around)
    FLASHCELL_STAGE(holds_inner(never, never, alive));
    FLASHCELL_STAGE(count(4, others));
    FLASHCELL_STAGE(fails_at(3, others, alive));
    FLASHCELL_DATAFLOW_END
  };
  EXPECT_THROW(fails_beside(), std::runtime_error);
  EXPECT_EQ(alive, 0);
}

TEST_P(Dataflow, ExceptionBetweenTheMacrosForgetsTheRegion) {
  Stream out("out");
  EXPECT_THROW(
      {
        FLASHCELL_DATAFLOW(given_up)
        FLASHCELL_STAGE(count(5, out));
        throw std::runtime_error("given up");
      },
      std::runtime_error);
  FLASHCELL_DATAFLOW(next)
  FLASHCELL_STAGE(count(3, out));
  FLASHCELL_DATAFLOW_END
  EXPECT_EQ(drained(out), (std::vector<int>{0, 1, 2}));
}

void merge_as_they_come(int n, Stream& a, Stream& b, int& sum) {
  for (int value, left = n; left > 0;) {
    if (a.read_nb(value)) {
      sum += value;
      --left;
    }
    if (!b.empty()) {
      sum += b.read();
      --left;
    }
  }
}
TEST_P(Dataflow, AskingLetsOthersOn) {
  hls::stream<int, 2> a("a"), b("b");
  int sum = 0;
  FLASHCELL_DATAFLOW(polling)
  FLASHCELL_STAGE(merge_as_they_come(150, a, b, sum));
  FLASHCELL_STAGE(count(100, a));
  FLASHCELL_STAGE(count(50, b));
  FLASHCELL_DATAFLOW_END
  EXPECT_EQ(sum, 99 * 50 + 49 * 25);
  EXPECT_THAT(deadlock_of([&] {
                FLASHCELL_DATAFLOW(starving)
                FLASHCELL_STAGE(merge_as_they_come(1, a, b, sum));
                FLASHCELL_DATAFLOW_END
              }),
              HasSubstr("merge_as_they_come asks again and again for stream"));
}

void offer(int n, Stream& out, int& refused) {
  for (int i = 0; i < n;) {
    const bool full = out.full();
    if (out.write_nb(i)) {
      ++i;
    } else {
      refused += full;
    }
  }
}
TEST_P(Dataflow, WritingWithoutWaiting) {
  hls::stream<int, 2> offered("offered");
  Stream out("out");
  int refused = 0;
  FLASHCELL_DATAFLOW(offering)
  FLASHCELL_STAGE(offer(20, offered, refused));
  FLASHCELL_STAGE(twice(20, offered, out));
  FLASHCELL_DATAFLOW_END
  EXPECT_EQ(drained(out).size(), 20u);
}

TEST_P(Dataflow, EmptyRegionAndEmptyStages) {
  Stream out("out");
  FLASHCELL_DATAFLOW(nothing)
  FLASHCELL_DATAFLOW_END
  FLASHCELL_DATAFLOW(nearly_nothing)
  FLASHCELL_STAGE(count(0, out));
  FLASHCELL_DATAFLOW_END
  EXPECT_TRUE(out.empty());
}

template <class T>
struct Kind {
  template <int n>
  static void run(hls::stream<T>& in) {
    for (int i = 0; i < n; ++i) in.read();
  }
};
TEST(DataflowErrors, StagesAreNamedAfterTheirFunction) {
  Stream empty("empty");
  EXPECT_THAT(deadlock_of([&] {
                FLASHCELL_DATAFLOW(names)
                FLASHCELL_STAGE(Kind<int>::template run<1>(empty));
                FLASHCELL_DATAFLOW_END
              }),
              HasSubstr(": run waits"));
}

TEST(DataflowErrors, MacrosOutOfPlace) {
  Stream out("out");
  EXPECT_THROW(FLASHCELL_STAGE(count(1, out)), std::logic_error);
  EXPECT_THROW({FLASHCELL_DATAFLOW_END}, std::logic_error);
  EXPECT_THAT(deadlock_of([&] { out.read(); }), HasSubstr("stream out"));
  const Simulation simulation;
  EXPECT_THROW(Simulation(), std::logic_error);
}

int run_on_bounded_fifos(int seed) {
  const Simulation simulation;
  hls::stream<int, 1> numbers("numbers"), doubled("doubled");
  Stream even("even"), odd("odd");
  int sum = 0;
  for (int round = 0; round < 20; ++round) {
    FLASHCELL_DATAFLOW(threads)
    FLASHCELL_STAGE(count(seed + 50, numbers));
    FLASHCELL_STAGE(twice(seed + 50, numbers, doubled));
    FLASHCELL_STAGE(split(seed + 50, doubled, even, odd));
    FLASHCELL_DATAFLOW_END
    for (const int value : drained(even)) sum += value;
    for (const int value : drained(odd)) sum += value;
  }
  return sum;
}
int run_functionally(int seed) {
  hls::stream<int, 1> numbers("numbers");
  Stream out("out");
  int sum = 0;
  for (int round = 0; round < 20; ++round) {
    FLASHCELL_DATAFLOW(threads)
    FLASHCELL_STAGE(twice(seed + 50, numbers, out));
    FLASHCELL_STAGE(count(seed + 50, numbers));
    FLASHCELL_DATAFLOW_END
    for (const int value : drained(out)) sum += value;
  }
  return sum;
}
TEST(DataflowThreads, SimulateSideBySide) {
  std::vector<std::thread> threads;
  std::vector<int> sums(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back(
        [i, &sums] { sums[static_cast<size_t>(i)] = i % 2 == 0 ? run_on_bounded_fifos(i) : run_functionally(i); });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 8; ++i) EXPECT_EQ(sums[static_cast<size_t>(i)], 20 * (i + 50) * (i + 49));
}

}  // namespace
