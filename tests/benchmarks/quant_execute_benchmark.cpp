// One core: the float executor next to OpenCV's dnn module on the same networks, whole and layer by layer kinds.
// Compare the lines of one run only. Other people's networks need ../shared/data or $FLASHCELL_DATA:
//   quant_execute_benchmark --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
#include <benchmark/benchmark.h>

#include <filesystem>
#include <opencv2/dnn.hpp>
#include <random>

#include "quant_models/execute/executor.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "tests/quant_models/graph/random_graphs.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::quant {
namespace {

void run_ours(benchmark::State& state, const Graph& graph) {
  Executor executor(graph);
  test::Random random(1);
  const Tensor x = test::random_tensor(graph.node(graph.inputs()[0]).shape, random);
  for (auto _ : state) {
    std::copy(x.values.begin(), x.values.end(), executor.input(0).begin());
    executor.run();
    benchmark::DoNotOptimize(executor.output(0).data());
  }
}

void run_opencv(benchmark::State& state, const Graph& graph) {
  const std::string bytes = export_onnx(graph);
  cv::dnn::Net net = cv::dnn::readNetFromONNX(bytes.data(), bytes.size());
  const Shape& shape = graph.node(graph.inputs()[0]).shape;
  test::Random random(1);
  Tensor x = test::random_tensor(shape, random);
  const cv::Mat blob(std::vector<int>(shape.begin(), shape.end()), CV_32F, x.values.data());
  std::vector<std::string> names;
  for (const Output& output : graph.outputs()) names.push_back(output.name);
  std::vector<cv::Mat> outputs;
  for (auto _ : state) {
    net.setInput(blob);
    net.forward(outputs, names);
    benchmark::DoNotOptimize(outputs[0].data);
  }
}

Graph one_convolution(int64_t in, int64_t out, int64_t side, int kernel, bool depthwise) {
  test::Random random(2);
  Graph graph;
  const NodeId x = graph.add("x", Input{{1, in, side, side}});
  const int p = kernel / 2;
  Convolution layer{test::random_tensor({out, depthwise ? 1 : in, kernel, kernel}, random),
                    test::random_tensor({out}, random),
                    {1, 1},
                    {p, p, p, p},
                    depthwise ? static_cast<int>(in) : 1};
  graph.add_output("y", graph.add("convolution", layer, {x}));
  return graph;
}

void add(const std::string& name, const Graph& graph) {
  benchmark::RegisterBenchmark((name + "/flashcell").c_str(), [graph](benchmark::State& s) {
    run_ours(s, graph);
  })->Unit(benchmark::kMicrosecond);
  benchmark::RegisterBenchmark((name + "/opencv").c_str(), [graph](benchmark::State& s) {
    run_opencv(s, graph);
  })->Unit(benchmark::kMicrosecond);
}

void add_all() {
  for (const char* file : {"FastestDet", "yunet_n_320"}) {
    const std::filesystem::path path = test::data_dir() / "weights" / (std::string(file) + ".onnx");
    if (std::filesystem::exists(path)) add(file, simplify(import_onnx(path.string())));
  }
  add("convolution 3x3, 64 to 64 channels, 64x64", one_convolution(64, 64, 64, 3, false));
  add("convolution 1x1, 64 to 64 channels, 64x64", one_convolution(64, 64, 64, 1, false));
  add("depthwise 3x3, 64 channels, 64x64", one_convolution(64, 64, 64, 3, true));
}

}  // namespace
}  // namespace flashcell::quant

int main(int argc, char** argv) {
  cv::setNumThreads(1);
  benchmark::Initialize(&argc, argv);
  flashcell::quant::add_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
