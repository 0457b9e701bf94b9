// One core: the CNN engine's convolutions beside oneDNN's int8 convolutions of the same shapes (where oneDNN is
// installed: Debian's libdnnl-dev), and whole models. oneDNN requantizes in floating point, the engine exactly.
// Compare the minima of one run only; on a busy machine:
//   cnn_benchmark --benchmark_repetitions=20 --benchmark_enable_random_interleaving=true
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "host/inference/engine/engine.hpp"
#include "tests/benchmarks/cnn_onednn.hpp"
#include "tests/benchmarks/cnn_shapes.hpp"

namespace flashcell {
namespace {

using test::ConvolutionShape;

double multiply_accumulates(const quant::PackedModel& model) {
  double sum = 0;
  for (const contract::LayerDescriptor& layer : model.layers) {
    sum += static_cast<double>(quant::multiply_accumulates(model, layer));
  }
  return sum;
}

void report(benchmark::State& state, double macs, double items) {
  state.counters["GMAC/s"] = benchmark::Counter(macs * items * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["items/s"] = benchmark::Counter(items, benchmark::Counter::kIsIterationInvariantRate);
}

quant::PackedModel single_convolution(const ConvolutionShape& shape) {
  test::RandomLayers layers(shape.name);
  const auto in = layers.builder.input("input", shape.side, shape.side, shape.in_channels, {});
  layers.builder.output(shape.depthwise
                            ? layers.depthwise(in, shape.kernel, shape.stride, shape.padding)
                            : layers.convolution(in, shape.channels, shape.kernel, shape.stride, shape.padding));
  return layers.builder.build();
}

/// The layer alone, on what lies in the engine's memory.
void engine_convolution(benchmark::State& state, const ConvolutionShape& shape, host::inference::Target target) {
  const quant::PackedModel model = single_convolution(shape);
  host::Engine engine(model, target);
  std::vector<uint8_t> input(engine.input_bytes() * engine.items_at_once());
  std::mt19937 random(1);
  for (uint8_t& value : input) value = static_cast<uint8_t>(random());
  std::vector<uint8_t> output(engine.output_bytes() * engine.items_at_once());
  engine.run(input, engine.items_at_once(), output);
  const auto items = static_cast<size_t>(shape.items);
  for (auto _ : state) {
    for (size_t done = 0; done < items;) {
      const size_t count = std::min(items - done, engine.items_at_once());
      engine.run_layer(0, count);
      done += count;
    }
    benchmark::ClobberMemory();
  }
  report(state, multiply_accumulates(model), shape.items);
}

#ifdef FLASHCELL_ONEDNN
void onednn_convolution(benchmark::State& state, const ConvolutionShape& shape) {
  test::OneDnnConvolution convolution(shape);
  for (auto _ : state) {
    convolution.run();
    benchmark::ClobberMemory();
  }
  state.SetLabel(convolution.implementation());
  report(state, multiply_accumulates(single_convolution(shape)), shape.items);
}
#endif

/// Detector of a grey 512x512 frame, one prediction for each 8x8 cell.
quant::PackedModel detector() {
  test::RandomLayers layers("detector");
  auto x = layers.builder.input("frame", 512, 512, 1, {});
  x = layers.convolution(x, 16, 4, 4, 0);
  x = layers.convolution(x, 32, 3, 2, 1);
  x = layers.convolution(x, 16, 3, 1, 1);
  x = layers.convolution(x, 16, 1, 1, 0);
  layers.builder.output(x);
  return layers.builder.build();
}

/// The same with more layers: about 70 million multiply-accumulates.
quant::PackedModel large_detector() {
  test::RandomLayers layers("large detector");
  auto x = layers.builder.input("frame", 512, 512, 1, {});
  x = layers.convolution(x, 16, 5, 4, 2);
  x = layers.convolution(x, 32, 3, 2, 1);
  x = layers.convolution(x, 32, 3, 1, 1);
  x = layers.convolution(x, 32, 1, 1, 0);
  x = layers.convolution(x, 16, 1, 1, 0);
  layers.builder.output(x);
  return layers.builder.build();
}

/// Classifier of 28x28 regions.
quant::PackedModel classifier() {
  test::RandomLayers layers("classifier");
  auto x = layers.builder.input("region", 28, 28, 1, {});
  x = layers.convolution(x, 16, 4, 2, 1);
  x = layers.convolution(x, 16, 3, 2, 1);
  x = layers.convolution(x, 32, 3, 2, 1);
  layers.builder.output(layers.fully_connected(x, 10));
  return layers.builder.build();
}

void whole_model(benchmark::State& state, const quant::PackedModel& model, size_t items,
                 host::inference::Target target) {
  host::Engine engine(model, target);
  std::vector<uint8_t> inputs(items * engine.input_bytes()), outputs(items * engine.output_bytes());
  std::mt19937 random(1);
  for (uint8_t& value : inputs) value = static_cast<uint8_t>(random());
  for (auto _ : state) {
    engine.run(inputs, items, outputs);
    benchmark::ClobberMemory();
  }
  report(state, multiply_accumulates(model), static_cast<double>(items));
}

/// Where a model's time goes.
void one_layer(benchmark::State& state, const quant::PackedModel& model, size_t layer) {
  host::Engine engine(model);
  const size_t items = engine.items_at_once();
  for (auto _ : state) {
    engine.run_layer(layer, items);
    benchmark::ClobberMemory();
  }
  report(state, static_cast<double>(quant::multiply_accumulates(model, model.layers[layer])),
         static_cast<double>(items));
}

void add(const std::string& name, const std::function<void(benchmark::State&)>& run) {
  benchmark::RegisterBenchmark(name.c_str(), run)
      ->Unit(benchmark::kMicrosecond)
      ->ComputeStatistics("min", [](const std::vector<double>& v) { return *std::min_element(v.begin(), v.end()); })
      ->ComputeStatistics("max", [](const std::vector<double>& v) { return *std::max_element(v.begin(), v.end()); });
}

void register_all() {
  for (const ConvolutionShape& shape : test::convolution_shapes()) {
    for (const host::inference::Target target : host::inference::supported_targets()) {
      if (target == host::inference::Target::scalar) continue;
      add(std::string(shape.name) + "/" + host::inference::name_of(target),
          [shape, target](benchmark::State& state) { engine_convolution(state, shape, target); });
    }
#ifdef FLASHCELL_ONEDNN
    add(std::string(shape.name) + "/oneDNN", [shape](benchmark::State& state) { onednn_convolution(state, shape); });
#endif
  }
  struct Model {
    quant::PackedModel model;
    size_t items;
  };
  for (const Model& each : {Model{detector(), 1}, Model{large_detector(), 1}, Model{classifier(), 64}}) {
    for (const host::inference::Target target : host::inference::supported_targets()) {
      if (target == host::inference::Target::scalar) continue;
      add(each.model.name + "/" + host::inference::name_of(target),
          [each, target](benchmark::State& state) { whole_model(state, each.model, each.items, target); });
    }
    for (size_t layer = 0; layer < each.model.layers.size(); ++layer) {
      add(each.model.name + "/layer " + std::to_string(layer),
          [each, layer](benchmark::State& state) { one_layer(state, each.model, layer); });
    }
  }
}

}  // namespace
}  // namespace flashcell

int main(int argc, char** argv) {
  flashcell::test::use_one_thread();
  flashcell::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
