// One step of one layer, one core: an EGRU of which 5 % of the weights are left and 10 % of the units speak, beside a
// dense GRU of the same size by a good library's matrix times vector. Inputs are events of a layer below, as many.
#include <benchmark/benchmark.h>

#include <Eigen/Core>
#include <algorithm>

#include "quant_models/random.hpp"
#include "quant_models/recurrent/event_network.hpp"
#include "quant_models/recurrent/gate_kernels.hpp"
#include "quant_models/recurrent/integer_network.hpp"
#ifdef FLASHCELL_OPENBLAS
#include <cblas.h>
#endif

namespace {

using namespace flashcell::quant;

constexpr double kWeightsLeft = 0.05, kActive = 0.1;
constexpr int kSequence = 64;

std::vector<float> numbers(Random& random, size_t count, double size, double left = 1) {
  std::vector<float> all(count);
  for (float& x : all) x = random.uniform() < left ? static_cast<float>(random.uniform(-size, size)) : 0.0F;
  return all;
}

std::vector<std::vector<float>> inputs(int units) {
  Random random(1, {2});
  std::vector<std::vector<float>> all;
  for (int t = 0; t < kSequence; ++t) {
    all.push_back(numbers(random, static_cast<size_t>(units), 1, kActive));
    for (float& x : all.back()) x = std::abs(x);
  }
  return all;
}

RecurrentNetwork layer_of(Cell cell, int units, double left) {
  Random random(1, {1});
  RecurrentNetwork network;
  network.names = {"one"};
  RecurrentLayer<float> layer;
  layer.cell = cell;
  layer.inputs = layer.hidden = units;
  const auto rows = static_cast<size_t>(layer.rows()), width = static_cast<size_t>(units);
  const double size = 3 / std::sqrt(left * units);
  layer.input_weights = numbers(random, rows * width, size, left);
  layer.recurrent_weights = numbers(random, rows * width, size, left);
  layer.input_biases = numbers(random, rows, 0.5);
  layer.recurrent_biases = numbers(random, rows, 0.5);
  if (cell == Cell::egru) layer.thresholds.assign(width, 0.0F);
  network.layers.push_back(std::move(layer));
  network.decoder.assign(width, 0.0F);
  network.decoder_biases = {0};
  return network;
}

double activity(const RecurrentNetwork& network, const std::vector<std::vector<float>>& in) {
  EventNetwork net(network);
  size_t events = 0;
  for (const std::vector<float>& x : in) {
    net.step(x);
    events += net.events(0).size();
  }
  return static_cast<double>(events) / (static_cast<double>(in.size()) * network.inputs());
}

// The threshold at which so many units speak, by bisection.
RecurrentNetwork event_layer(int units, const std::vector<std::vector<float>>& in) {
  RecurrentNetwork network = layer_of(Cell::egru, units, kWeightsLeft);
  float low = 0, high = 1;
  for (int i = 0; i < 20; ++i) {
    std::vector<float>& thresholds = network.layers[0].thresholds;
    const float middle = (low + high) / 2;
    std::fill(thresholds.begin(), thresholds.end(), middle);
    (activity(network, in) > kActive ? low : high) = middle;
  }
  return network;
}

void events(benchmark::State& state) {
  const auto in = inputs(static_cast<int>(state.range(0)));
  const RecurrentNetwork network = event_layer(static_cast<int>(state.range(0)), in);
  EventNetwork net(network);
  size_t t = 0;
  for (auto _ : state) {
    net.step(in[t++ % in.size()]);
    benchmark::DoNotOptimize(net.output(0).data());
  }
  state.counters["activity"] = activity(network, in);
}
BENCHMARK(events)->Arg(256)->Arg(512)->Arg(1024)->Arg(1350);

void integer_events(benchmark::State& state) {
  const auto in = inputs(static_cast<int>(state.range(0)));
  IntegerNetwork net(event_layer(static_cast<int>(state.range(0)), in), 1);
  size_t t = 0;
  for (auto _ : state) {
    net.step(in[t++ % in.size()]);
    benchmark::DoNotOptimize(net.output(0).data());
  }
}
BENCHMARK(integer_events)->Arg(256)->Arg(512)->Arg(1024)->Arg(1350);

template <class Multiply>
void dense_gru(benchmark::State& state, Multiply multiply) {
  const auto units = static_cast<size_t>(state.range(0));
  const auto in = inputs(static_cast<int>(units));
  const RecurrentNetwork network = layer_of(Cell::gru, static_cast<int>(units), 1);
  const RecurrentLayer<float>& layer = network.layers[0];
  std::vector<float> a(3 * units), b(3 * units), gates(3 * units), memory(units), next(units);
  size_t t = 0;
  for (auto _ : state) {
    a = layer.input_biases;
    b = layer.recurrent_biases;
    multiply(layer.input_weights, in[t++ % in.size()], a);
    multiply(layer.recurrent_weights, memory, b);
    gated_states(a.data(), b.data(), memory.data(), units, gates.data(), gates.data() + units, gates.data() + 2 * units,
                 next.data());
    memory.swap(next);
    benchmark::DoNotOptimize(memory.data());
  }
}

#ifdef FLASHCELL_OPENBLAS
void dense_gru_openblas(benchmark::State& state) {
  openblas_set_num_threads(1);
  dense_gru(state, [](const std::vector<float>& weights, const std::vector<float>& x, std::vector<float>& y) {
    cblas_sgemv(CblasRowMajor, CblasNoTrans, static_cast<int>(y.size()), static_cast<int>(x.size()), 1.0F,
                weights.data(), static_cast<int>(x.size()), x.data(), 1, 1.0F, y.data(), 1);
  });
}
BENCHMARK(dense_gru_openblas)->Arg(256)->Arg(512)->Arg(1024)->Arg(1350);
#endif

// With the instruction set that the compiler was told, which is the baseline.
void dense_gru_eigen(benchmark::State& state) {
  dense_gru(state, [](const std::vector<float>& weights, const std::vector<float>& x, std::vector<float>& y) {
    using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const auto rows = static_cast<Eigen::Index>(y.size()), columns = static_cast<Eigen::Index>(x.size());
    Eigen::Map<Eigen::VectorXf>(y.data(), rows).noalias() +=
        Eigen::Map<const Matrix>(weights.data(), rows, columns) * Eigen::Map<const Eigen::VectorXf>(x.data(), columns);
  });
}
BENCHMARK(dense_gru_eigen)->Arg(256)->Arg(512)->Arg(1024)->Arg(1350);

// A dense GRU on our own columns; the events of the layer below still help it.
void dense_gru_ours(benchmark::State& state) {
  const auto in = inputs(static_cast<int>(state.range(0)));
  EventNetwork net(layer_of(Cell::gru, static_cast<int>(state.range(0)), 1));
  size_t t = 0;
  for (auto _ : state) {
    net.step(in[t++ % in.size()]);
    benchmark::DoNotOptimize(net.output(0).data());
  }
}
BENCHMARK(dense_gru_ours)->Arg(256)->Arg(512)->Arg(1024)->Arg(1350);

}  // namespace

BENCHMARK_MAIN();
