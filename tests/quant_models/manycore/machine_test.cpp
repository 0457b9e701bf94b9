// What the emulated elements compute, against the plain step of recurrent networks: equal bytes, whatever the
// placement.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.hpp"
#include "quant_models/manycore/machine.hpp"
#include "quant_models/random.hpp"

namespace flashcell::quant::manycore {
namespace {

/// A trained network would look so: dense rows, most of them zero.
RecurrentNetwork plain_network(const std::vector<int>& sizes, double density, uint64_t seed, float zoneout = 0) {
  RecurrentNetwork network;
  network.names = {"a"};
  for (size_t l = 0; l + 1 < sizes.size(); ++l) {
    RecurrentLayer<float> layer;
    layer.inputs = sizes[l];
    layer.hidden = sizes[l + 1];
    layer.zoneout = zoneout;
    Random random(seed, {l});
    const auto rows = static_cast<size_t>(layer.rows());
    const auto draw = [&](size_t count, double share) {
      std::vector<float> numbers(count);
      for (float& x : numbers)
        if (random.uniform() < share) x = static_cast<float>(random.uniform(-1, 1));
      return numbers;
    };
    layer.input_weights = draw(rows * static_cast<size_t>(sizes[l]), density);
    layer.recurrent_weights = draw(rows * static_cast<size_t>(sizes[l + 1]), density);
    layer.input_biases = draw(rows, 1);
    layer.recurrent_biases = draw(rows, 1);
    for (int u = 0; u < layer.hidden; ++u) layer.thresholds.push_back(static_cast<float>(random.uniform(0, 0.5)));
    network.layers.push_back(std::move(layer));
  }
  return network;
}

struct PlainRun {
  std::vector<float> outputs, states;
  int64_t events = 0;
};

PlainRun run_plainly(const RecurrentNetwork& network, std::span<const float> inputs) {
  std::vector<LayerState<float>> states;
  for (const auto& layer : network.layers) states.emplace_back(layer);
  PlainRun run;
  const auto width = static_cast<size_t>(network.inputs());
  for (size_t first = 0; first < inputs.size(); first += width) {
    std::vector<float> in(inputs.begin() + static_cast<int64_t>(first),
                          inputs.begin() + static_cast<int64_t>(first + width));
    for (size_t l = 0; l < states.size(); ++l) {
      step<float>(network.layers[l], in, states[l]);
      in = states[l].output;
      run.events += static_cast<int64_t>(in.size()) - std::count(in.begin(), in.end(), 0.0F);
    }
    run.outputs.insert(run.outputs.end(), in.begin(), in.end());
  }
  for (const auto& state : states) run.states.insert(run.states.end(), state.memory.begin(), state.memory.end());
  return run;
}

bool same_bytes(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

Chip small_chip() {
  Chip chip = read_chip("spinnaker2");
  chip.columns = 3;
  chip.rows = 3;
  chip.router_column = 1;
  chip.router_row = 1;
  chip.memory_column = 0;
  chip.memory_row = 1;
  chip.elements = 26;
  return chip;
}

MachineOptions options_of(int elements, int chips = 1) {
  MachineOptions options;
  options.elements = elements;
  options.chips = chips;
  return options;
}

TEST(Manycore, EqualsThePlainStepWhateverThePlacement) {
  const RecurrentNetwork plain = plain_network({20, 37, 23, 41}, 0.2, 7);
  const SparseNetwork network = sparse_network(plain, "plain");
  const std::vector<float> inputs = make_input({9, 3, 0.5}, 20);
  const PlainRun wanted = run_plainly(plain, inputs);
  ASSERT_GT(wanted.events, 50);
  const Chip chip = small_chip();
  for (const auto& [elements, chips] :
       std::vector<std::pair<int, int>>{{1, 1}, {2, 1}, {3, 1}, {7, 1}, {26, 1}, {100, 5}, {150, 6}})
    for (const Spread spread : {Spread::all, Spread::layers})
      for (const Balance balance : {Balance::nonzeros, Balance::neurons})
        for (const Schedule schedule : {Schedule::barrier, Schedule::event}) {
          MachineOptions options = options_of(elements, chips);
          options.spread = spread;
          options.balance = balance;
          options.schedule = schedule;
          const MachineRun run = run_machine(network, chip, options, inputs);
          const std::string what = std::to_string(elements) + name_in(kSpreadNames, spread) +
                                   name_in(kBalanceNames, balance) + name_in(kScheduleNames, schedule);
          EXPECT_TRUE(same_bytes(run.outputs, wanted.outputs)) << what;
          EXPECT_TRUE(same_bytes(run.states, wanted.states)) << what;
          EXPECT_EQ(run.events, wanted.events) << what;
          EXPECT_GT(run.time, 0) << what;
        }
}

// Layers so wide and sparse that elements keep lists of the columns they need, and packets go to some elements only.
TEST(Manycore, EqualsThePlainStepWhereColumnsAreListed) {
  const RecurrentNetwork plain = plain_network({60, 400, 300}, 0.01, 11);
  const SparseNetwork network = sparse_network(plain, "plain");
  const std::vector<float> inputs = make_input({6, 5, 1}, 60);
  const PlainRun wanted = run_plainly(plain, inputs);
  ASSERT_GT(wanted.events, 50);
  for (const Schedule schedule : {Schedule::barrier, Schedule::event})
    for (const Spread spread : {Spread::all, Spread::layers}) {
      MachineOptions options = options_of(120, 8);
      options.spread = spread;
      options.schedule = schedule;
      const MachineRun run = run_machine(network, small_chip(), options, inputs);
      EXPECT_TRUE(same_bytes(run.outputs, wanted.outputs));
      EXPECT_TRUE(same_bytes(run.states, wanted.states));
      int64_t received = 0, sent = 0;
      for (const ElementUse& use : run.elements) received += use.received, sent += use.sent;
      EXPECT_GT(received, 0);
      EXPECT_LT(received, sent * 119);  // not to all
    }
}

TEST(Manycore, ZoneoutAndBatches) {
  const RecurrentNetwork plain = plain_network({12, 30, 14}, 0.3, 5, 0.1F);
  const SparseNetwork network = sparse_network(plain, "plain");
  const std::vector<float> inputs = make_input({3 * 5, 8, 1}, 12);
  for (const Schedule schedule : {Schedule::barrier, Schedule::event}) {
    MachineOptions options = options_of(11);
    options.sequences = 3;
    options.schedule = schedule;
    const MachineRun run = run_machine(network, small_chip(), options, inputs);
    std::vector<float> outputs, states;
    for (size_t b = 0; b < 3; ++b) {
      const PlainRun wanted = run_plainly(plain, std::span(inputs).subspan(b * 60, 60));
      outputs.insert(outputs.end(), wanted.outputs.begin(), wanted.outputs.end());
      states.insert(states.end(), wanted.states.begin(), wanted.states.end());
    }
    EXPECT_TRUE(same_bytes(run.outputs, outputs));
    EXPECT_TRUE(same_bytes(run.states, states));
  }
}

TEST(Manycore, SameWhateverTheNumberOfThreads) {
  const SparseNetwork network = make_network(parse_random_network("random:200,150?sparsity=0.9&seed=3"));
  const std::vector<float> inputs = make_input({6, 1, 1}, 150);
  MachineOptions options = options_of(60, 3);
  options.schedule = Schedule::event;
  const MachineRun one = run_machine(network, small_chip(), options, inputs);
  options.threads = 4;
  const MachineRun four = run_machine(network, small_chip(), options, inputs);
  EXPECT_EQ(one.time, four.time);
  EXPECT_EQ(one.outputs, four.outputs);
  EXPECT_EQ(one.states, four.states);
  EXPECT_EQ(one.energy.total_mj(), four.energy.total_mj());
  EXPECT_EQ(one.simulated_events, four.simulated_events);
  EXPECT_EQ(one.timeline.size(), four.timeline.size());
}

TEST(Manycore, AllNeuronsSpeakOrNone) {
  RecurrentNetwork plain = plain_network({10, 40, 40}, 0.3, 9);
  const std::vector<float> inputs = make_input({4, 2, 1}, 10);
  for (const float threshold : {-2.0F, 2.0F}) {
    for (auto& layer : plain.layers) layer.thresholds.assign(layer.thresholds.size(), threshold);
    const SparseNetwork network = sparse_network(plain, "plain");
    const PlainRun wanted = run_plainly(plain, inputs);
    for (const Schedule schedule : {Schedule::barrier, Schedule::event}) {
      MachineOptions options = options_of(26);
      options.schedule = schedule;
      const MachineRun run = run_machine(network, small_chip(), options, inputs);
      EXPECT_TRUE(same_bytes(run.outputs, wanted.outputs));
      EXPECT_TRUE(same_bytes(run.states, wanted.states));
      EXPECT_EQ(run.events, threshold < 0 ? 4 * 80 : 0);
    }
  }
}

// A neuron's packets are received once by each element that keeps its layer's outputs, its own one aside.
TEST(Manycore, PacketsArriveOnce) {
  SparseNetwork network = make_network(parse_random_network("random:50?sparsity=0&inputs=4"));
  network.layers[0].thresholds.assign(50, -2);  // below what a state can be
  const MachineRun run = run_machine(network, small_chip(), options_of(10), make_input({3, 1, 1}, 4));
  int64_t sent = 0, received = 0;
  for (const ElementUse& use : run.elements) sent += use.sent, received += use.received;
  EXPECT_EQ(sent, 3 * 50);
  EXPECT_EQ(received, 2 * 50 * 9);  // the last step's are not read any more
}

TEST(Manycore, SharesAddUpToTheTime) {
  const SparseNetwork network = make_network(parse_random_network("random:300,200?sparsity=0.9"));
  for (const Schedule schedule : {Schedule::barrier, Schedule::event}) {
    MachineOptions options = options_of(26);
    options.schedule = schedule;
    const MachineRun run = run_machine(network, small_chip(), options, make_input({5, 1, 1}, 200));
    const TimeShares& s = run.shares;
    EXPECT_NEAR(s.products + s.pointwise + s.packets + s.imbalance + s.network, static_cast<double>(run.time) * 1e-12,
                1e-9);
    double busy = 0;
    for (const ElementUse& use : run.elements) busy = std::max(busy, use.busy_clocks());
    EXPECT_LE(busy / (run.level.clock_mhz * 1e6), static_cast<double>(run.time) * 1e-12);
  }
}

TEST(Manycore, MoreElementsTakeLessTimeAndLessMemoryEach) {
  const SparseNetwork network = make_network(parse_random_network("random:300,200?sparsity=0.9"));
  Picoseconds before = std::numeric_limits<Picoseconds>::max();
  for (const int elements : {1, 2, 4, 8, 16}) {
    MachineOptions options = options_of(elements);
    options.ignore_sram = true;
    const MachineRun run = run_machine(network, small_chip(), options, make_input({3, 1, 1}, 200));
    EXPECT_LT(run.time, before);
    before = run.time;
    int64_t nonzeros = 0;
    for (const ElementUse& use : run.elements) nonzeros += use.memory.nonzeros;
    EXPECT_EQ(nonzeros, network.nonzeros());
  }
}

std::string refused(const SparseNetwork& network, const Chip& chip, const MachineOptions& options, int64_t steps = 2) {
  try {
    run_machine(network, chip, options, make_input({steps, 1, 1}, network.inputs()));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Manycore, WhatDoesNotFitSaysHowManyElementsWould) {
  const SparseNetwork network = make_network(parse_random_network("random:600,400?sparsity=0.9"));
  const std::string why = refused(network, small_chip(), options_of(5));
  EXPECT_NE(why.find(" lacks "), std::string::npos) << why;
  const size_t at = why.find(" elements would do");
  ASSERT_NE(at, std::string::npos) << why;
  const int enough = std::stoi(why.substr(why.rfind(' ', at - 1)));
  const int chips = (enough + 25) / 26;
  EXPECT_EQ(refused(network, small_chip(), options_of(enough, chips)), "");
  EXPECT_NE(refused(network, small_chip(), options_of(enough - 1, chips)), "");
}

TEST(Manycore, SaysWhatIsWrong) {
  const SparseNetwork network = make_network(parse_random_network("random:60,40?sparsity=0.8"));
  Chip chip = small_chip();
  EXPECT_NE(refused(network, chip, options_of(27)).find("1..26"), std::string::npos);
  MachineOptions level = options_of(1);
  level.level = "1.2V";
  EXPECT_NE(refused(network, chip, level).find("0.5V, 0.8V"), std::string::npos);
  chip.entries = 7;
  EXPECT_NE(refused(network, chip, options_of(8)).find("needs 16 entries and has 7"), std::string::npos);
  EXPECT_EQ(refused(network, chip, options_of(1)), "");  // packets that go nowhere need no entry
  chip.sram_bytes = chip.code_bytes + 100;
  EXPECT_NE(refused(network, chip, options_of(26)).find("no number of elements would do"), std::string::npos);
}

TEST(Manycore, RefusesNetworksItHasNoProgramFor) {
  const auto refusal = [](const RecurrentNetwork& network) -> std::string {
    try {
      sparse_network(network, "net.npz");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  RecurrentNetwork network = plain_network({3, 4, 5}, 1, 1);
  EXPECT_EQ(refusal(network), "");
  network.layers[1].thresholds[2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(refusal(network).find("net.npz: layer 2 has a threshold"), std::string::npos);
  network = plain_network({3, 4, 5}, 1, 1);
  network.layers[0].input_weights[1] = std::numeric_limits<float>::infinity();
  EXPECT_NE(refusal(network).find("layer 1 has a weight"), std::string::npos);
  network.layers[0].cell = Cell::gru;
  EXPECT_NE(refusal(network).find("layer 1 is of gru cells"), std::string::npos);
}

TEST(Manycore, RandomNetworksAsAskedFor) {
  const SparseNetwork network = make_network(parse_random_network("random:500x2,300?sparsity=0.9&seed=4&inputs=200"));
  ASSERT_EQ(network.layers.size(), 3U);
  EXPECT_EQ(network.inputs(), 200);
  EXPECT_EQ(network.layers[2].hidden, 300);
  EXPECT_EQ(network.weights(), 3 * (500 * 700 + 500 * 1000 + 300 * 800));
  EXPECT_NEAR(static_cast<double>(network.nonzeros()) / static_cast<double>(network.weights()), 0.1, 0.001);
  for (const char* wrong : {"random:", "random:0", "random:10,", "random:10?sparsity=2", "random:10?sparsity=nan",
                            "random:10?what=1", "random:10?seed", "random:3x0", "random:-4", "random:99999999999"})
    EXPECT_THROW(parse_random_network(wrong), Error) << wrong;
}

}  // namespace
}  // namespace flashcell::quant::manycore
