#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <tuple>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "base/random_reader.hpp"
#include "host/app/command.hpp"
#include "host/app/interruption.hpp"
#include "host/app/progress.hpp"
#include "host/run/run_folder.hpp"
#include "quant_models/data/numpy_output.hpp"
#include "quant_models/manycore/report.hpp"
#include "quant_models/recurrent/network_file.hpp"

namespace flashcell::app {
namespace {

namespace manycore = quant::manycore;

constexpr int64_t kMostPredicted = 4'000'000;  // non-zeros: beyond, predictions take minutes
constexpr uint64_t kMostInputBytes = 1ULL << 32;

struct ManycoreOptions {
  std::string network, chip = "spinnaker2", input = "random:70", output = "manycore", elements;
  bool no_predictions = false;
  manycore::MachineOptions machine;
};

/// Elements asked for: `N`, or `N..M` with a sweep over them.
struct ElementRange {
  int first, last;
};

ElementRange element_range(const std::string& text, int most) {
  if (text.empty()) return {most, most};
  const auto number = [&](std::string_view digits) {
    int value = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (result.ec != std::errc() || result.ptr != digits.data() + digits.size() || value < 1)
      throw Error(Fault::usage, fmt::format("--elements {}: must be N or N..M, of 1..{}", text, most));
    return value;
  };
  const std::string_view view = text;
  const size_t dots = view.find("..");
  const int first = number(view.substr(0, dots)),
            last = dots == std::string_view::npos ? first : number(view.substr(dots + 2));
  if (first > last || last > most)
    throw Error(Fault::usage, fmt::format("--elements {}: must be N or N..M, of 1..{}", text, most));
  return {first, last};
}

manycore::SparseNetwork read_sparse_network(const std::string& text) {
  if (manycore::is_random_network(text)) return manycore::make_network(manycore::parse_random_network(text));
  return manycore::sparse_network(quant::read_network(text), text);
}

std::vector<float> read_input(const std::string& text, const manycore::SparseNetwork& network, int sequences) {
  const int64_t inputs = network.inputs();
  if (manycore::is_random_network(text)) {
    manycore::RandomInput parameters = manycore::parse_random_input(text);
    parameters.steps *= sequences;
    return manycore::make_input(parameters, inputs);
  }
  const quant::NumpyArray array = quant::read_npy(read_whole(text, kMostInputBytes), text);
  if (array.shape.empty() || array.shape.back() != inputs)
    throw Error(Fault::input, fmt::format("{}: must be an array of steps x {} numbers, as the network has {} inputs",
                                          text, inputs, inputs));
  const std::vector<double> numbers = array.numbers();
  return {numbers.begin(), numbers.end()};
}

/// NumPy's form of the last layer's outputs.
std::string outputs_file(const manycore::MachineRun& run, int64_t units) {
  quant::NumpyArray array{"f4", {run.options.sequences, run.steps, units}, {}};
  const auto* bytes = reinterpret_cast<const uint8_t*>(run.outputs.data());
  array.bytes.assign(bytes, bytes + run.outputs.size() * sizeof(float));
  return quant::npy_bytes(array);
}

void stop_if_asked() {
  if (Interruption::asked()) throw Error(Fault::input, "interrupted; nothing was written");
}

void predict(const manycore::SparseNetwork& network, const manycore::Chip& chip, const ElementRange& range,
             const ManycoreOptions& options, manycore::Report& report) {
  Progress progress("predicting", std::nullopt);
  int64_t done = 0;
  const auto step = [&](const std::string&) {
    stop_if_asked();
    progress.update(++done);
  };
  if (range.first < range.last)
    report.sweeps.push_back(manycore::sweep_elements(network, chip, options.machine, range.first, range.last, step));
  if (options.no_predictions || network.nonzeros() > kMostPredicted) {
    report.without_predictions = options.no_predictions ? "" : "not for networks of more than 4 million non-zeros";
    return;
  }
  report.sweeps.push_back(manycore::sweep_sparsity(network, chip, options.machine, step));
  report.sweeps.push_back(manycore::sweep_size(network, chip, options.machine, step));
  report.sweeps.push_back(manycore::sweep_batch(network, chip, options.machine, step));
}

int run(ManycoreOptions options) {
  const manycore::Chip chip = manycore::read_chip(options.chip);
  const ElementRange range = element_range(options.elements, static_cast<int>(chip.elements) * options.machine.chips);
  options.machine.elements = range.last;
  if (options.machine.threads == 0)
    options.machine.threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 64U));
  const manycore::SparseNetwork network = read_sparse_network(options.network);
  const std::vector<float> input = read_input(options.input, network, options.machine.sequences);
  std::vector<std::filesystem::path> inputs;
  for (const std::string& text : {options.network, options.input, options.chip})
    if (std::filesystem::exists(text)) inputs.emplace_back(text);
  const Interruption interruption;
  manycore::Report report;
  {
    Progress progress("simulating",
                      static_cast<int64_t>(input.size()) / (network.inputs() * options.machine.sequences));
    options.machine.progress = [&](int64_t done) {
      stop_if_asked();
      progress.update(done);
    };
    report.run = manycore::run_machine(network, chip, options.machine, input);
  }
  report.network = options.network;
  report.input = options.input;
  report.command = typed_command();
  for (const manycore::EventLayer& layer : network.layers) report.layers.push_back(layer.hidden);
  std::tie(report.inputs, report.weights, report.nonzeros) =
      std::tuple(network.inputs(), network.weights(), network.nonzeros());
  predict(network, chip, range, options, report);
  const host::RunFolder folder(
      options.output,
      {"manycore",
       {"manycore.json", "report.html", "outputs.npy"},
       [](std::string_view name) { return name == "manycore.json" || name == "report.html" || name == "outputs.npy"; }},
      inputs);
  FileGroup files(options.output);
  files.add("manycore.json", manycore::to_json(report));
  files.add("report.html", manycore::to_page(report));
  files.add("outputs.npy", outputs_file(report.run, network.layers.back().hidden));
  files.write();
  fmt::print("{}in {}: report.html, manycore.json, outputs.npy\n", manycore::to_text(report), options.output);
  return 0;
}

int print_chip(const std::string& name) {
  const char* text = manycore::preset_text(name);
  if (text == nullptr)
    throw Error(Fault::usage,
                fmt::format("no chip is called '{}': known is {}", name, fmt::join(manycore::chip_presets(), ", ")));
  fmt::print("{}", text);
  return 0;
}

void add_run(Command& manycore_command, Action& action) {
  Command& command = manycore_command.add_subcommand(
      "run", "Run a network on the emulated chip: results, time, energy, memory, traffic");
  command.footer(
      "NETWORK: a file of a recurrent network (.npz), or "
      "random:HIDDEN,HIDDEN,...?sparsity=S&seed=N&inputs=N&threshold=T,\n"
      "where UNITSxLAYERS stands for layers of one size. Inputs: a .npy file, steps x inputs, or "
      "random:STEPS?seed=N&density=D.\n"
      "With --elements N..M the run is on M elements, and the page shows time, energy and memory from N to M.\n"
      "Results are the same bytes as of one element, whatever the number of elements, chips and threads: outputs.npy.");
  auto options = std::make_shared<ManycoreOptions>();
  command.add_option("NETWORK", options->network, "Network, e.g. 'random:1350,1350,750?sparsity=0.95&seed=1'")
      .required();
  command.add_option("-i,--input", options->input, "Inputs of each step");
  command.add_option("-o,--output", options->output, "Folder for report.html, manycore.json, outputs.npy");
  command.add_option("--chip", options->chip,
                     "Name or .toml file of a chip; `flashcell manycore chip spinnaker2` prints one");
  command.add_option("--elements", options->elements, "Processing elements to use: N, or N..M (default: all)");
  command.add_option("--chips", options->machine.chips, "Chips, joined by their links").range(1, 4096);
  command.add_option("--level", options->machine.level,
                     "Voltage and clock, by the chip's name for it (default: its first)");
  const Option spread = command.add_choice<manycore::Spread>(
      "--spread", options->machine.spread, {{"all", manycore::Spread::all}, {"layers", manycore::Spread::layers}},
      "Each layer over all elements, or over elements of its own (default with several chips)");
  command.add_choice<manycore::Balance>(
      "--balance", options->machine.balance,
      {{"nonzeros", manycore::Balance::nonzeros}, {"neurons", manycore::Balance::neurons}},
      "What is made even between elements");
  command.add_choice<manycore::Schedule>(
      "--schedule", options->machine.schedule,
      {{"barrier", manycore::Schedule::barrier}, {"event", manycore::Schedule::event}},
      "What elements wait for: one another, or the packets they need");
  command.add_option("--sequences", options->machine.sequences, "Sequences computed together").range(1, 256);
  command.add_flag("--no-predictions", options->no_predictions, "No runs of other sparsities, sizes and batches");
  options->machine.threads = 0;
  command
      .add_option("--threads", options->machine.threads,
                  "Threads of this machine; 0: one a processor. No result depends on it")
      .range(0, 64);
  command.callback([options, spread, &action] {
    if (!spread.given() && options->machine.chips > 1) options->machine.spread = manycore::Spread::layers;
    action = [options] { return run(*options); };
  });
}

void add_chip(Command& manycore_command, Action& action) {
  Command& command = manycore_command.add_subcommand("chip", "Print a chip's description, to begin another one with");
  auto name = std::make_shared<std::string>("spinnaker2");
  command.add_option("NAME", *name, "Of the chip");
  command.callback([name, &action] { action = [name] { return print_chip(*name); }; });
}

}  // namespace

void add_manycore(Command& app, Action& action) {
  Command& command =
      app.add_subcommand("manycore", "Run an event-based network on an emulated chip of many small cores");
  command.require_subcommand();
  add_run(command, action);
  add_chip(command, action);
}

}  // namespace flashcell::app
