// One core: products of a 512 x 256 matrix on arrays, and ResNet-14's pictures a second (the latter needs
// ../shared/vectors/crosssim or $FLASHCELL_DATA). Recorded of CrossSim 3.2 on such a core, with a good BLAS: 63
// products a second with noise of each read; 0.92 pictures with it, 323 without.
//   cim_benchmark --benchmark_min_time=1
#include <benchmark/benchmark.h>

#include "tests/quant_models/cim/crosssim.hpp"

namespace flashcell::quant::cim {
namespace {

constexpr int kRows = 512, kColumns = 256, kBlock = MatrixProduct::kBlock;

void run_products(benchmark::State& state, const std::string& text) {
  Random random(1, {});
  std::vector<float> weights(size_t{kRows} * kColumns), x(size_t{kRows} * kBlock), codes(x.size());
  for (float& w : weights) w = static_cast<float>(random.normal());
  for (float& number : x) number = static_cast<float>(random.uniform());
  LayerSettings settings;
  settings.output = {{-20, 20, true}};
  const auto layer = std::make_shared<const PreparedLayer>(program(
      ArrayWeights{"matrix", 1, kColumns, kRows, weights, {}}, device_of(text + ",array.rows=512"), settings, 1, 0));
  LayerRunner runner(layer);
  std::vector<float> out(size_t{kColumns} * kBlock);
  uint64_t item = 0;
  for (auto _ : state) {
    layer->layer().input.convert(x, codes.data());
    runner.run(codes.data(), kBlock, 0, {item++, 0, kBlock}, out.data(), kBlock);
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["products/s"] =
      benchmark::Counter(static_cast<double>(state.iterations() * kBlock), benchmark::Counter::kIsRate);
}

void run_network(benchmark::State& state, const std::string& text) {
  const test::Arrays weights = test::crosssim_arrays("resnet14_cifar10_folded.npz");
  const Settings settings = test::stored_settings(test::crosssim_arrays("programmed_ideal8.npz"));
  constexpr int64_t kBatch = 8;
  const Graph graph = with_batch(test::crosssim_resnet14(weights), kBatch);
  const auto item = std::make_shared<FirstItem>();
  Executor executor(graph, array_steps(program(graph, device_of(text), settings, 1), item));
  const test::TestImages images = test::crosssim_images(kBatch);
  for (auto _ : state) {
    std::copy(images.numbers.begin(), images.numbers.end(), executor.input(0).begin());
    executor.run();
    item->number += kBatch;
    benchmark::DoNotOptimize(executor.output(0).data());
  }
  state.counters["images/s"] =
      benchmark::Counter(static_cast<double>(state.iterations() * kBatch), benchmark::Counter::kIsRate);
}

void add_all() {
  const std::vector<std::pair<const char*, const char*>> devices{
      {"no converter", "ideal_8bit,output.bits=0"},
      {"8-bit converter", "ideal_8bit"},
      {"programming noise", "fefet_generic,array.rows=576,array.weight_bits=8,array.cell_bits=7,cell.sigma=0.05"},
      {"noise of each read", "ideal_8bit,read.noise=each,read.sigma=0.02"}};
  for (const auto& [name, device] : devices) {
    benchmark::RegisterBenchmark((std::string("512x256, ") + name).c_str(), run_products, device)
        ->Unit(benchmark::kMillisecond);
    if (std::filesystem::exists(test::crosssim_file("programmed_ideal8.npz")))
      benchmark::RegisterBenchmark((std::string("ResNet-14, ") + name).c_str(), run_network, device)
          ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace
}  // namespace flashcell::quant::cim

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  flashcell::quant::cim::add_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
