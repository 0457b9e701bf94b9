#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "base/text.hpp"
#include "host/app/command.hpp"
#include "host/app/input_arrays.hpp"
#include "host/app/progress.hpp"
#include "quant_models/data/numpy_output.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::app {
namespace {

using quant::NumpyArray;
using quant::Shape;

struct ModelRunOptions {
  std::string network, inputs, output, as, device, calibration;
  host::PictureOptions pictures;
  uint64_t seed = 1;
  bool heads = false, json = false, quiet = false;
};

struct Results {
  std::vector<NumpyArray> outputs;
  double median_ms = 0;
};

Results run_all(const ModelRunOptions& o, NetworkRun& network, InputArrays inputs) {
  const size_t items = inputs.items;
  std::vector<InputFeed> feeds = feeds_of(network, std::move(inputs));
  Results results;
  for (const Port& port : network.outputs()) {
    Shape shape = {static_cast<int64_t>(items)};
    shape.insert(shape.end(), port.shape.begin(), port.shape.end());
    results.outputs.push_back({port.type, std::move(shape), {}});
  }
  std::vector<double> times;
  Progress progress("running", static_cast<int64_t>(items), o.quiet);
  for (size_t item = 0; item < items; ++item) {
    for (InputFeed& feed : feeds) feed.set(item);
    const auto start = std::chrono::steady_clock::now();
    network.run();
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    for (size_t i = 0; i < results.outputs.size(); ++i) {
      const std::vector<uint8_t> bytes = network.output(i);
      results.outputs[i].bytes.insert(results.outputs[i].bytes.end(), bytes.begin(), bytes.end());
    }
    progress.update(static_cast<int64_t>(item + 1));
  }
  std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(times.size() / 2), times.end());
  results.median_ms = times[times.size() / 2];
  return results;
}

std::string file_bytes(const ModelRunOptions& o, const NetworkRun& network, const Results& results) {
  if (o.output.ends_with(".npy")) return quant::npy_bytes(results.outputs[0]);
  std::vector<std::pair<std::string, NumpyArray>> arrays;
  for (size_t i = 0; i < results.outputs.size(); ++i) {
    const Port& port = network.outputs()[i];
    arrays.emplace_back(port.name, results.outputs[i]);
    if (!port.scale) continue;
    arrays.emplace_back(port.name + ".scale", quant::numpy_scalar(*port.scale));
    arrays.emplace_back(port.name + ".zero_point", quant::numpy_scalar(int32_t{port.zero_point}));
  }
  return quant::npz_bytes(arrays);
}

void print_json(const ModelRunOptions& o, const NetworkRun& network, const Results& results) {
  nlohmann::ordered_json json = {{"network", o.network},
                                 {"as", kArithmeticNames[static_cast<size_t>(network.arithmetic())]},
                                 {"device", network.device()},
                                 {"items", results.outputs[0].shape[0]},
                                 {"ms_per_inference", results.median_ms}};
  for (const Port& port : network.inputs()) json["inputs"].push_back({{"name", port.name}, {"shape", port.shape}});
  for (size_t i = 0; i < results.outputs.size(); ++i) {
    const Port& port = network.outputs()[i];
    json["outputs"].push_back(
        {{"name", port.name}, {"shape", results.outputs[i].shape}, {"type", results.outputs[i].type}});
    if (!port.scale) continue;
    json["outputs"].back()["scale"] = *port.scale;
    json["outputs"].back()["zero_point"] = port.zero_point;
  }
  json["file"] = o.output;
  fmt::print("{}\n", json_text(json));
}

void print_text(const ModelRunOptions& o, const NetworkRun& network, const Results& results) {
  fmt::print("{}: {} on {}, {} items, {:.3f} ms each (median)\n", printable(o.network),
             kArithmeticNames[static_cast<size_t>(network.arithmetic())], network.device(), results.outputs[0].shape[0],
             results.median_ms);
  for (size_t i = 0; i < results.outputs.size(); ++i) {
    const Port& port = network.outputs()[i];
    fmt::print("  {}  {} {}", printable(port.name), shape_text(results.outputs[i].shape), results.outputs[i].type);
    if (port.scale) fmt::print(", real = {} * (q - {})", *port.scale, port.zero_point);
    fmt::print("\n");
  }
  fmt::print("written to {}\n", printable(o.output));
}

int run(const ModelRunOptions& o) {
  if (!o.output.ends_with(".npz") && !o.output.ends_with(".npy"))
    throw Error(Fault::usage,
                fmt::format("-o {}: give a name that ends in .npz, or in .npy for a single output", o.output));
  if (o.output == o.inputs || o.output == o.network)
    throw Error(Fault::usage, fmt::format("-o {}: would overwrite an input", o.output));
  try {
    RunChoice choice = run_choice(o.as, o.device, o.heads);
    choice.pictures = o.pictures;
    choice.seed = o.seed;
    choice.calibration = o.calibration;
    const std::unique_ptr<NetworkRun> network = make_run(o.network, choice);
    if (o.output.ends_with(".npy") && network->outputs().size() != 1)
      throw Error(Fault::usage,
                  fmt::format("-o {}: the network has {} outputs, a .npy file holds one array; give a .npz", o.output,
                              network->outputs().size()));
    const Results results = run_all(o, *network, match_inputs(o.inputs, *network, read_arrays(o.inputs)));
    write_file(o.output, file_bytes(o, *network, results));
    o.json ? print_json(o, *network, results) : print_text(o, *network, results);
    return 0;
  } catch (const quant::ModelError& e) {
    throw Error(Fault::input, e.what());
  }
}

}  // namespace

void add_model_run(Command& model, Action& action) {
  Command& command = model.add_subcommand("run", "Run a network on arrays, on any device, and write what it gives");
  command.footer(
      "INPUTS is a .npz file with an array for each of the network's inputs, under its name (`flashcell model "
      "inspect`\n"
      "shows them), or a single array of any name where there is one input; a .npy file holds one array. An array is\n"
      "N items (N x C x H x W) or one (C x H x W). Bytes (uint8) are pixels, which become (pixel - mean) * factor as "
      "the\n"
      "network's file says; any other type is the network's own numbers.\n"
      "OUT.npz has every output under its name, N items each: float32, or the stored integers (int8, uint8) with\n"
      "NAME.scale and NAME.zero_point beside them: real = scale * (q - zero_point). Integers end before sigmoid, "
      "softmax\n"
      "and reorderings at a network's end, which are left to who reads them; --heads makes floating point end there "
      "too.\n"
      "reference, cpu (on every instruction set) and hls give the same bytes.\n"
      "  flashcell model run net.fcnn pictures.npz --device hls -o hls.npz\n"
      "  flashcell model run net.onnx pictures.npz --as float32 --heads -o real.npz");
  auto options = std::make_shared<ModelRunOptions>();
  command.add_option("NETWORK", options->network, "ONNX file, or a packed model (.fcnn)").required();
  command.add_option("INPUTS", options->inputs, ".npz or .npy file").required();
  command.add_option("-o,--output", options->output, ".npz file; .npy for a single output").required();
  add_run_choice(command, options->as, options->device);
  add_array_options(command, options->seed, options->calibration);
  add_pixel_options(command, options->pictures);
  add_size_option(command, options->pictures);
  command.add_flag("--heads", options->heads, "Floating point ends where integers do: without the tail of the network");
  command.add_flag("--json", options->json, "Print shapes, device and time as JSON");
  command.add_flag("-q,--quiet", options->quiet, "No progress line");
  command.callback([=, &action] { action = [=] { return run(*options); }; });
}

}  // namespace flashcell::app
