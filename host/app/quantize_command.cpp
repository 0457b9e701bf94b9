#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "host/app/command.hpp"
#include "host/app/quantize_report.hpp"
#include "host/app/training_program.hpp"
#include "quant_models/data/calibration_images.hpp"
#include "quant_models/execute/executor.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/models/known_detectors.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "quant_models/quantize/adaptive_rounding.hpp"
#include "quant_models/quantize/bias_correction.hpp"
#include "quant_models/quantize/equalization.hpp"
#include "quant_models/quantize/input_quantization.hpp"
#include "quant_models/quantize/post_training.hpp"
#include "quant_models/report/error_chart.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;
using quant::Calibrator;
using quant::Graph;
using quant::Preprocessing;

const std::vector<std::pair<std::string, Calibrator>> kCalibrators = {{"min-max", Calibrator::min_max},
                                                                      {"percentile", Calibrator::percentile},
                                                                      {"mse", Calibrator::mse},
                                                                      {"entropy", Calibrator::entropy}};

struct Options {
  std::string model, calib, output = "quantized", name, classes, channels, fine_tune;
  int weights = 8, activations = 8, edge_weights = 0, sum_bits = 8, output_bits = 8, images = 100, iterations = 1000,
      threads = 0;
  uint64_t seed = 1;
  double percentile = 99.99;
  std::string weight_calibrator = "mse", activation_calibrator = "mse";
  std::vector<float> mean, factor;
  bool equalize = false, correct_bias = false, adaround = false, onnx_only = false, json = false, quiet = false;
  bool power_of_two = false, per_layer = false, asymmetric = false;
};

/// What is being done, in one line of a terminal.
class StatusLine {
 public:
  explicit StatusLine(bool quiet) : shown_(!quiet && isatty(STDERR_FILENO) == 1) {}
  ~StatusLine() { show(""); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  void show(const std::string& what) const {
    if (!shown_) return;
    fmt::print(stderr, "\r\033[K{}", what);
    std::fflush(stderr);
  }

 private:
  bool shown_;
};

/// A network in one form of its numbers or another, and what was done to it.
struct Work {
  const Options& options;
  const StatusLine& status;
  quant::Metadata metadata;
  Graph real;  // what the quantized one is compared with
  Graph quantized;
  quant::CalibrationImages images;
  QuantizeReport report;

  std::span<const float> numbers() const { return images.values; }
};

Calibrator calibrator_named(const std::string& name) {
  for (const auto& [known, calibrator] : kCalibrators)
    if (known == name) return calibrator;
  throw Error(Fault::usage, fmt::format("there is no calibrator '{}'", name));
}

std::vector<std::string> read_classes(const std::string& given) {
  std::vector<std::string> classes;
  std::error_code error;
  std::ifstream file;
  std::istringstream list(given);
  const bool is_file = fs::is_regular_file(given, error);
  if (is_file) file.open(given);
  if (is_file && !file) throw Error(Fault::input, fmt::format("{}: cannot be read", given));
  std::istream& names = is_file ? static_cast<std::istream&>(file) : list;
  for (std::string name; std::getline(names, name, is_file ? '\n' : ',');) {
    while (!name.empty() && (name.back() == '\r' || name.back() == ' ')) name.pop_back();
    if (!name.empty()) classes.push_back(name);
  }
  if (classes.empty()) throw Error(Fault::usage, fmt::format("--classes {}: names no class", given));
  return classes;
}

void set_numbers(const char* option, const std::vector<float>& given, int count, std::array<float, 3>& numbers) {
  if (given.empty()) return;
  if (given.size() != 1 && given.size() != static_cast<size_t>(count))
    throw Error(Fault::usage, fmt::format("{} takes one number, or one for each of the {} channels", option, count));
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = given[std::min(i, given.size() - 1)];
}

// What the file says, what the command line says, else pixel / 255.
Preprocessing choose_preprocessing(Work& work) {
  const Options& o = work.options;
  const quant::Shape& input = work.real.node(work.real.inputs()[0]).shape;
  Preprocessing p = work.metadata.preprocessing.value_or(Preprocessing{});
  const bool given = !o.channels.empty() || !o.mean.empty() || !o.factor.empty();
  if (!work.metadata.preprocessing && input.size() == 4 && input[1] == 3) p.channels = Preprocessing::Channels::rgb;
  if (!o.channels.empty()) {
    const auto found = std::find(quant::kChannelNames.begin(), quant::kChannelNames.end(), o.channels);
    p.channels = static_cast<Preprocessing::Channels>(found - quant::kChannelNames.begin());
  }
  set_numbers("--mean", o.mean, p.count(), p.mean);
  set_numbers("--factor", o.factor, p.count(), p.factor);
  if (!work.metadata.preprocessing && !given)
    work.report.steps.push_back(
        fmt::format("the file does not say what the input means: taken as pixel / 255, {} (else "
                    "--channels, --mean, --factor)",
                    quant::kChannelNames.at(static_cast<size_t>(p.channels))));
  return p;
}

/// What is known of a network of somebody's that its file does not say.
void recognize(Work& work) {
  const std::optional<quant::KnownDetector> known = quant::recognize_detector(work.real);
  if (!known) return;
  if (!work.metadata.preprocessing) work.metadata.preprocessing = known->preprocessing;
  if (work.metadata.class_names.empty()) work.metadata.class_names = known->classes;
  work.report.steps.push_back(fmt::format("recognized as {} by its outputs", known->name));
}

void read_model(Work& work) {
  work.status.show("reading " + work.options.model);
  auto [graph, metadata] = quant::import_onnx_model(work.options.model);
  if (graph.inputs().size() != 1)
    throw quant::ModelError(fmt::format("{}: has {} inputs; one image is what can be quantized", work.options.model,
                                        graph.inputs().size()));
  for (const quant::NodeId id : graph.order())
    if (graph.node(id).quantization)
      throw quant::ModelError(fmt::format("{}: node '{}' is quantized already; give the network in real numbers",
                                          work.options.model, graph.node(id).name));
  work.metadata = std::move(metadata);
  work.real = quant::simplify(quant::with_batch(std::move(graph), 1));
  work.report.model = work.options.model;
  recognize(work);
  if (!work.options.classes.empty()) work.metadata.class_names = read_classes(work.options.classes);
  work.metadata.preprocessing = choose_preprocessing(work);
}

void read_images(Work& work) {
  const Options& o = work.options;
  work.status.show("reading " + o.calib);
  work.images = quant::read_calibration_images(o.calib, work.real.node(work.real.inputs()[0]).shape,
                                               *work.metadata.preprocessing, o.images);
  work.report.images = work.images.count;
  work.report.data =
      fmt::format("{} of {} ({} in {})", work.images.count, work.images.available, work.images.kind, o.calib);
}

void quantize_network(Work& work) {
  const Options& o = work.options;
  if (o.equalize) {
    work.status.show("equalizing layers");
    work.real = quant::equalize_layers(std::move(work.real));
    work.report.steps.emplace_back("ranges of neighbouring layers equalized");
  }
  work.status.show(fmt::format("calibrating with {} images", work.images.count));
  quant::PostTrainingOptions options;
  options.weights.bits = o.weights;
  options.weights.calibrator = calibrator_named(o.weight_calibrator);
  options.edge_weight_bits = o.edge_weights;
  options.activations.bits = o.activations;
  options.sum_bits = o.sum_bits;
  options.output_bits = o.output_bits;
  options.activations.calibrator = calibrator_named(o.activation_calibrator);
  options.activations.percentile = o.percentile / 100;
  options.weights.power_of_two = options.activations.power_of_two = o.power_of_two;
  options.weights.per_channel = !o.per_layer;
  if (o.asymmetric) options.activations.symmetry = quant::Symmetry::asymmetric;
  if (work.images.kind != "NumPy array") options.input = quant::input_quantization(*work.metadata.preprocessing);
  work.quantized = quant::quantize_post_training(work.real, work.numbers(), work.images.count, options);
  work.report.steps.push_back(
      fmt::format("weights {} bits ({}), values {} bits ({}), sums {} bits, outputs {} bits, input 8 bits", o.weights,
                  o.weight_calibrator, o.activations, o.activation_calibrator, o.sum_bits, o.output_bits));
  if (o.edge_weights > 0)
    work.report.steps.push_back(fmt::format("first and last layers' weights {} bits", o.edge_weights));
  if (o.per_layer) work.report.steps.emplace_back("one scale for all weights of a layer");
  if (o.asymmetric) work.report.steps.emplace_back("values from lowest to highest number, asymmetric");
  if (o.power_of_two) work.report.steps.emplace_back("scales are powers of two; the input's is what its pixels mean");
}

void improve_network(Work& work) {
  const Options& o = work.options;
  if (o.adaround) {
    quant::AdaptiveRoundingOptions options;
    options.seed = o.seed;
    options.iterations = o.iterations;
    options.threads = o.threads > 0 ? o.threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    work.quantized =
        quant::round_adaptively(work.real, std::move(work.quantized), work.numbers(), work.images.count, options,
                                [&](const std::string& layer, size_t done, size_t all) {
                                  work.status.show(fmt::format("rounding {} (layer {} of {})", layer, done + 1, all));
                                });
    work.report.steps.push_back(fmt::format("weights rounded adaptively (AdaRound, {} steps)", o.iterations));
    for (const quant::NodeId id : work.quantized.order()) {
      const quant::Node& node = work.quantized.node(id);
      if (quant::weight_of(node.layer) != nullptr && !quant::can_round_adaptively(node.layer))
        work.report.steps.push_back(fmt::format("{}: too large for AdaRound, rounded to the nearest", node.name));
    }
  }
  if (o.correct_bias) {
    work.status.show("correcting biases");
    quant::BiasCorrection correction =
        quant::correct_biases(work.real, work.quantized, work.numbers(), work.images.count);
    work.quantized = std::move(correction.graph);
    work.report.steps.push_back(
        fmt::format("biases {}: outputs' SQNR {:.1f} dB without, {:.1f} dB with correction",
                    correction.kept ? "corrected" : "left as they were, correction does not help",
                    correction.sqnr_before_db, correction.sqnr_after_db));
  }
}

// Images for which both networks' largest output is the same; -1 for networks that give no vector of classes.
int64_t count_same_class(const Work& work) {
  const quant::Shape& shape = work.real.node(work.real.outputs()[0].node).shape;
  if (shape.size() != 2 || shape[1] < 2 || work.real.outputs().size() != 1) return -1;
  const std::vector<float> real = quant::run_all(work.real, work.numbers(), work.images.count),
                           stored = quant::run_all(work.quantized, work.numbers(), work.images.count);
  int64_t same = 0;
  for (size_t i = 0; i < real.size(); i += static_cast<size_t>(shape[1])) {
    const auto largest = [&](const std::vector<float>& scores) {
      const auto first = scores.begin() + static_cast<ptrdiff_t>(i);
      return std::max_element(first, first + shape[1]) - first;
    };
    same += largest(real) == largest(stored);
  }
  return same;
}

void measure(Work& work) {
  work.status.show("comparing with real numbers");
  work.report.values = quant::report_errors(work.real, work.quantized, work.numbers(), work.images.count);
  work.report.same_class = count_same_class(work);
}

FileGroup make_files(Work& work) {
  work.status.show("writing");
  const Options& o = work.options;
  const std::string name = o.name.empty() ? fs::path(o.model).stem().string() : o.name;
  FileGroup files(o.output);
  if (!o.onnx_only) {
    const quant::PackedModel packed = quant::lower(work.quantized, name, work.metadata);
    work.report.engine = quant::describe(packed);
    files.add(name + ".fcnn", std::span<const uint8_t>(quant::packed_file_bytes(packed)));
  }
  std::error_code error;
  if (fs::equivalent(files.path(name + ".onnx"), o.model, error))
    throw Error(Fault::usage, fmt::format("{} would be overwritten; give another --name or -o", o.model));
  files.add(name + ".onnx", quant::export_onnx(work.quantized, work.metadata));
  files.add("report.txt", full_text(work.report));
  files.add("report.json", to_json(work.report).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  files.add("report.svg",
            quant::draw_errors(fmt::format("{}: weights {} bits, values {} bits", name, o.weights, o.activations),
                               work.report.values));
  return files;
}

int fine_tune(const Options& o) {
  std::vector<std::string> words = {o.fine_tune, "--model", o.model, "--fine-tune", "-o", o.output};
  if (!o.calib.empty()) words.insert(words.end(), {"--data", o.calib});
  if (o.threads > 0) words.insert(words.end(), {"--threads", std::to_string(o.threads)});
  if (o.quiet) words.emplace_back("--quiet");
  become_training_program(std::move(words));
}

int quantize(const Options& o) {
  if (!o.fine_tune.empty()) return fine_tune(o);
  if (o.calib.empty())
    throw Error(
        Fault::usage,
        "scales of values come from example images: give some 100 pictures as the camera will deliver them with "
        "--calib (a folder, a data set, a .npy array)");
  const StatusLine status(o.quiet);
  Work work{o, status, {}, {}, {}, {}, {}};
  try {
    read_model(work);
    read_images(work);
    quantize_network(work);
    improve_network(work);
    measure(work);
    make_files(work).write();
  } catch (const quant::ModelError& e) {
    status.show("");
    throw Error(Fault::input, e.what());
  }
  status.show("");
  if (o.json) {
    fmt::print("{}\n", to_json(work.report).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}models and report.txt, .json, .svg are in {}\n", short_text(work.report), o.output);
  }
  return 0;
}

void add_options(Command& command, Options& o) {
  const std::vector<std::string> all = {"min-max", "percentile", "mse", "entropy"};
  command.add_option("MODEL", o.model, "ONNX file of a network in real numbers").required();
  command.add_option("--calib", o.calib,
                     "Example images: a folder of pictures, MNIST folder, CIFAR-10 .bin, PASCAL VOC, .tar.gz of one, "
                     "one picture, .npy or .npz");
  command.add_option("-o,--output", o.output, "Folder for the models and the report");
  command.add_option("--name", o.name, "Name of the written models; that of MODEL unless stated");
  command.add_option("--weights", o.weights, "Bits of weights").one_of_numbers({2, 4, 8});
  command.add_option("--activations", o.activations, "Bits of values that activations make").one_of_numbers({4, 8});
  command
      .add_option("--sum-bits", o.sum_bits,
                  "Bits of values that no activation makes: what an addition reads or gives, means of a pool")
      .one_of_numbers({4, 8});
  command
      .add_option("--output-bits", o.output_bits,
                  "Bits of the network's outputs (scores, boxes): with 4, one image in ten has two best classes")
      .one_of_numbers({4, 8});
  command
      .add_option("--edge-weights", o.edge_weights,
                  "Bits of the weights of the first and last layers (every head of a detector); 0: as --weights")
      .one_of_numbers({0, 2, 4, 8});
  command.add_option("--weight-calibrator", o.weight_calibrator, "How scales of weights are chosen")
      .one_of({"min-max", "mse"});
  command.add_option("--activation-calibrator", o.activation_calibrator, "How scales of values are chosen").one_of(all);
  command.add_option("--percentile", o.percentile, "Share of magnitudes that 'percentile' keeps, in percent")
      .range(50.0, 100.0);
  command.add_flag("--per-layer", o.per_layer, "One scale for a layer's weights, not one for each output channel");
  command.add_flag("--asymmetric", o.asymmetric,
                   "Values with numbers below 0: store lowest to highest, with a zero point, not symmetric around 0");
  command.add_flag("--power-of-two", o.power_of_two, "Scales are powers of two, so that hardware shifts");
  command.add_option("--images", o.images, "At most so many images, spread over the data").range(1, 100000);
  command.add_flag("--equalize", o.equalize, "Equalize the ranges of neighbouring layers first (Nagel et al. 2019)");
  command.add_flag("--correct-bias", o.correct_bias,
                   "Take the mean error out of every layer (Nagel et al. 2019), where that brings the outputs closer");
  command.add_flag("--adaround", o.adaround, "Round each weight the better way, not the nearer (Nagel et al. 2020)");
  command.add_option("--iterations", o.iterations, "Steps of --adaround for each layer").range(1, 100000);
  command.add_option("--classes", o.classes, "Names of the classes: a,b,c or a file with one a line");
  command.add_option("--channels", o.channels, "Order of channels that the network takes")
      .one_of({"grey", "rgb", "bgr"});
  command.add_option("--mean", o.mean, "Taken off a pixel (0..255) first; one number or one a channel: 104,117,123")
      .delimiter(',');
  command.add_option("--factor", o.factor, "Then multiplied with this; 1/255 unless stated").delimiter(',').positive();
  command.add_option(
      "--fine-tune", o.fine_tune,
      "Train on with quantized numbers by this recipe's [[quantize]] stages instead; --calib replaces its "
      "data");
  command.add_option("--seed", o.seed, "Of --adaround");
  command.add_option("--threads", o.threads, "Of --adaround and --fine-tune; all processors unless stated")
      .range(0, 1024);
  command.add_flag("--onnx-only", o.onnx_only, "Write no .fcnn, for networks that the engine does not take");
  command.add_flag("--json", o.json, "Print the report as JSON");
  command.add_flag("-q,--quiet", o.quiet, "No progress line");
}

}  // namespace

void add_quantize(Command& app, Action& action) {
  Command& command = app.add_subcommand("quantize", "Make an integer network (.fcnn) of an ONNX file");
  command.footer(
      "Writes NAME.fcnn for the engine, NAME.onnx with QuantizeLinear and DequantizeLinear for other runtimes, and\n"
      "report.txt, .json, .svg: how far every value is from real numbers.");
  auto options = std::make_shared<Options>();
  add_options(command, *options);
  command.callback([options, &action] { action = [options] { return quantize(*options); }; });
}

}  // namespace flashcell::app
