// One core: whole networks on the integer engine beside OpenCV's dnn module in float32. Published architectures come
// with random weights, other people's files from the command line. Speed does not depend on the numbers.
//   network_benchmark [NETWORK.onnx ...] [NETWORK.fcnn ...] [--benchmark_...]
//   network_benchmark --layers=NAME         each layer of the network of that name alone
//   network_benchmark --write-onnx=FOLDER   the quantized networks and an input for each, to run elsewhere
// On a busy machine: --benchmark_repetitions=20 --benchmark_enable_random_interleaving=true, and compare the minima.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <opencv2/dnn.hpp>

#include "host/inference/engine/engine.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/graph/output_tail.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "quant_models/random.hpp"
#include "tests/benchmarks/networks/published_networks.hpp"
#include "tests/support/transformer_model.hpp"

namespace flashcell::test {
namespace {

namespace fs = std::filesystem;

/// Pixels of nothing but noise.
std::vector<float> noise(const quant::Shape& shape) {
  std::vector<float> image(static_cast<size_t>(quant::element_count(shape)));
  quant::Random random(1, {});
  for (float& x : image) x = static_cast<float>(random.uniform(0, 1));
  return image;
}

const quant::Shape& input_shape(const quant::Graph& graph) {
  return graph.node(graph.inputs().front()).shape;
}

quant::Graph quantized(const quant::Graph& graph, quant::Symmetry symmetry) {
  quant::PostTrainingOptions options;
  options.activations.symmetry = symmetry;
  quant::Graph result = quant::quantize_post_training(graph, noise(input_shape(graph)), 1, options);
  for (const quant::NodeId id : quant::output_tail(result)) result.set_quantization(id, std::nullopt);
  return result;
}

void run_engine(benchmark::State& state, const quant::PackedModel& model, host::inference::Target target) {
  host::Engine engine(model, target);
  std::vector<uint8_t> input(engine.input_bytes(), 128), output(engine.output_bytes());
  quant::Random random(1, {});
  for (uint8_t& value : input) value = static_cast<uint8_t>(random.below(256));
  for (auto _ : state) {
    engine.run(input, 1, output);
    benchmark::ClobberMemory();
  }
  double macs = 0;
  for (const contract::LayerDescriptor& layer : model.layers)
    macs += static_cast<double>(quant::multiply_accumulates(model, layer));
  state.counters["GMAC/s"] = benchmark::Counter(macs * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
}

void run_opencv(benchmark::State& state, const quant::Graph& graph) {
  const std::string bytes = quant::export_onnx(graph);
  cv::dnn::Net net = cv::dnn::readNetFromONNX(bytes.data(), bytes.size());
  const quant::Shape& shape = input_shape(graph);
  std::vector<float> image = noise(shape);
  const cv::Mat blob(std::vector<int>(shape.begin(), shape.end()), CV_32F, image.data());
  const std::vector<std::string> names = net.getUnconnectedOutLayersNames();
  std::vector<cv::Mat> outputs;
  for (auto _ : state) {
    net.setInput(blob);
    net.forward(outputs, names);
    benchmark::DoNotOptimize(outputs[0].data);
  }
}

benchmark::internal::Benchmark* add(const std::string& name, const std::function<void(benchmark::State&)>& run) {
  return benchmark::RegisterBenchmark(name.c_str(), run)
      ->Unit(benchmark::kMicrosecond)
      ->ComputeStatistics("min", [](const std::vector<double>& v) { return *std::min_element(v.begin(), v.end()); });
}

void add_model(const quant::PackedModel& model, const std::string& name) {
  for (const host::inference::Target target : host::inference::supported_targets()) {
    if (target == host::inference::Target::scalar) continue;
    add(name + "/" + host::inference::name_of(target),
        [=](benchmark::State& state) { run_engine(state, model, target); });
  }
}

void add_network(const PublishedNetwork& network) {
  add_model(quant::lower(quantized(network.graph, quant::Symmetry::symmetric), network.name), network.name);
  add(network.name + "/OpenCV float32", [=](benchmark::State& state) { run_opencv(state, network.graph); });
}

void add_layers(const quant::PackedModel& model) {
  auto engine = std::make_shared<host::Engine>(model);
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const contract::LayerDescriptor& layer = model.layers[i];
    if (layer.input_count == 0) continue;
    const contract::TensorDescriptor &in = quant::input_tensor(model, layer), &out = model.tensors[layer.output];
    const std::string name = std::to_string(i) + " kind " + std::to_string(static_cast<int>(layer.kind)) + " " +
                             std::to_string(layer.kernel_height) + "x" + std::to_string(layer.kernel_width) + " / " +
                             std::to_string(layer.stride_rows) + ", " + std::to_string(in.height) + "x" +
                             std::to_string(in.width) + "x" + std::to_string(in.channels) + " -> " +
                             std::to_string(out.height) + "x" + std::to_string(out.width) + "x" +
                             std::to_string(out.channels);
    const auto macs = static_cast<double>(quant::multiply_accumulates(model, layer));
    add(name, [=](benchmark::State& state) {
      for (auto _ : state) engine->run_layer(i, 1);
      state.counters["GMAC/s"] = benchmark::Counter(macs * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
    });
  }
}

/// NumPy's format, version 1.
void write_npy(const fs::path& path, const quant::Shape& shape, const std::vector<float>& values) {
  std::string head = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (const int64_t extent : shape) head += std::to_string(extent) + ", ";
  head += "), }";
  head.resize((10 + head.size()) / 64 * 64 + 64 - 11, ' ');
  head += '\n';
  std::ofstream file(path, std::ios::binary);
  file << "\x93NUMPY" << '\1' << '\0' << static_cast<char>(head.size() & 255) << static_cast<char>(head.size() >> 8)
       << head;
  file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
}

void write_networks(const std::vector<PublishedNetwork>& networks, const fs::path& folder) {
  fs::create_directories(folder);
  for (const PublishedNetwork& network : networks) {
    const fs::path stem = folder / network.name;
    quant::export_onnx(network.graph, stem.string() + ".float.onnx");
    quant::export_onnx(quantized(network.graph, quant::Symmetry::symmetric), stem.string() + ".int8.onnx");
    quant::export_onnx(quantized(network.graph, quant::Symmetry::asymmetric), stem.string() + ".uint8.onnx");
    write_npy(stem.string() + ".npy", input_shape(network.graph), noise(input_shape(network.graph)));
  }
}

/// The value of an argument "--name=value", taken out of the list.
std::string take_argument(std::vector<std::string>& arguments, const std::string& name) {
  const std::string start = "--" + name + "=";
  const auto found = std::find_if(arguments.begin(), arguments.end(),
                                  [&](const std::string& each) { return each.rfind(start, 0) == 0; });
  if (found == arguments.end()) return "";
  const std::string value = found->substr(start.size());
  arguments.erase(found);
  return value;
}

int run(std::vector<std::string> arguments) {
  const std::string folder = take_argument(arguments, "write-onnx"), layers = take_argument(arguments, "layers");
  std::vector<PublishedNetwork> networks = published_networks();
  std::vector<quant::PackedModel> models = {transformer_model(kDeitTiny, 1)};
  models.back().name = "DeiT-Tiny, random weights";
  for (const std::string& file : arguments) {
    if (fs::path(file).extension() == ".fcnn") {
      models.push_back(quant::read_packed_file(file));
      continue;
    }
    networks.push_back({fs::path(file).stem().string(), quant::simplify(quant::import_onnx(file))});
  }
  if (!folder.empty()) {
    write_networks(networks, folder);
    return 0;
  }
  cv::setNumThreads(1);
  for (const PublishedNetwork& network : networks) {
    if (layers.empty()) add_network(network);
    if (layers == network.name)
      add_layers(quant::lower(quantized(network.graph, quant::Symmetry::symmetric), network.name));
  }
  for (const quant::PackedModel& model : models) {
    if (layers.empty()) add_model(model, model.name);
    if (layers == model.name) add_layers(model);
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace
}  // namespace flashcell::test

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  try {
    return flashcell::test::run({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::cerr << "network_benchmark: " << e.what() << '\n';
    return 1;
  }
}
