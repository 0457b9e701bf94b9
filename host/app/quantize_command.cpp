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
#include "host/app/picture_options.hpp"
#include "host/app/quantize_report.hpp"
#include "host/app/training_program.hpp"
#include "quant_models/data/calibration_images.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/models/known_detectors.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "quant_models/quantize/input_quantization.hpp"
#include "quant_models/quantize/plan.hpp"
#include "quant_models/report/error_chart.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;
using quant::Graph;
using quant::Preprocessing;

struct Options {
  std::string model, calib, output = "quantized", name, classes, fine_tune;
  PictureOptions pictures;
  int weights = 8, activations = 8, edge_weights = 0, sum_bits = 8, residual_bits = 0, output_bits = 8, images = 100,
      iterations = 1000, threads = 0;
  uint64_t seed = 1;
  double percentile = 99.99;
  std::string weight_calibrator = "mse", activation_calibrator = "mse";
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

/// What is known so far of a network to be quantized.
struct Work {
  const Options& options;
  const StatusLine& status;
  quant::Metadata metadata;
  Graph graph;
  QuantizeReport report;
};

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

// What the file says, what the command line says, else pixel / 255.
Preprocessing choose_preprocessing(Work& work) {
  const Options& o = work.options;
  const quant::Shape& input = work.graph.node(work.graph.inputs()[0]).shape;
  const Preprocessing p = preprocessing_of(o.pictures, work.metadata.preprocessing, input);
  if (!work.metadata.preprocessing && !o.pictures.speaks_of_pixels())
    work.report.steps.push_back(
        fmt::format("the file does not say what the input means: taken as pixel / 255, {} (else "
                    "--channels, --mean, --factor or --std)",
                    name_in(quant::kChannelNames, p.channels)));
  return p;
}

/// What is known of a network of somebody's that its file does not say.
void recognize(Work& work) {
  const std::optional<quant::KnownDetector> known = quant::recognize_detector(work.graph);
  if (!known) return;
  if (!work.metadata.preprocessing) work.metadata.preprocessing = known->preprocessing;
  if (work.metadata.class_names.empty()) work.metadata.class_names = known->classes;
  work.report.steps.push_back(fmt::format("recognized as {} by its outputs", known->name));
}

void read_model(Work& work) {
  work.status.show("reading " + work.options.model);
  auto [graph, metadata] = quant::import_onnx_model(work.options.model, import_options_of(work.options.pictures));
  try {
    work.graph = quant::prepare_for_plan(std::move(graph));
  } catch (const quant::ModelError& e) {
    throw quant::ModelError(fmt::format("{}: {}", work.options.model, e.what()));
  }
  work.metadata = std::move(metadata);
  work.report.model = work.options.model;
  recognize(work);
  if (!work.options.classes.empty()) work.metadata.class_names = read_classes(work.options.classes);
  work.metadata.preprocessing = choose_preprocessing(work);
}

quant::CalibrationImages read_images(Work& work) {
  const Options& o = work.options;
  work.status.show("reading " + o.calib);
  const quant::Shape& input = work.graph.node(work.graph.inputs()[0]).shape;
  const bool image = input.size() == 4;
  quant::CalibrationImages images =
      quant::read_calibration_images(o.calib, input, *work.metadata.preprocessing, o.images,
                                     fit_of(o.pictures, image ? input[2] : 0, image ? input[3] : 0));
  work.report.images = images.count;
  work.report.data = fmt::format("{} of {} ({} in {})", images.count, images.available,
                                 name_in(quant::kCalibrationKindNames, images.kind), o.calib);
  return images;
}

quant::PostTrainingOptions post_training_options(const Options& o) {
  quant::PostTrainingOptions options;
  options.weights.bits = o.weights;
  options.weights.calibrator = value_in(quant::kWeightCalibratorNames, o.weight_calibrator).value();
  options.edge_weight_bits = o.edge_weights;
  options.activations.bits = o.activations;
  options.sum_bits = o.sum_bits;
  options.residual_bits = o.residual_bits;
  options.output_bits = o.output_bits;
  options.activations.calibrator = value_in(quant::kCalibratorNames, o.activation_calibrator).value();
  options.activations.percentile = o.percentile / 100;
  options.weights.power_of_two = options.activations.power_of_two = o.power_of_two;
  options.weights.per_channel = !o.per_layer;
  if (o.asymmetric) options.activations.symmetry = quant::Symmetry::asymmetric;
  return options;
}

quant::Plan make_plan(const Work& work, quant::CalibrationKind kind) {
  const Options& o = work.options;
  quant::Plan plan;
  if (o.equalize) plan.push_back(quant::equalize_pass());
  quant::PostTrainingOptions options = post_training_options(o);
  if (kind != quant::CalibrationKind::array) options.input = quant::input_quantization(*work.metadata.preprocessing);
  plan.push_back(quant::post_training_pass(options));
  if (o.adaround) {
    const auto processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    plan.push_back(quant::adaptive_rounding_pass(
        {.seed = o.seed, .threads = o.threads > 0 ? o.threads : processors, .iterations = o.iterations}));
  }
  if (o.correct_bias) plan.push_back(quant::bias_correction_pass());
  return plan;
}

void quantize_network(Work& work) {
  const quant::CalibrationImages images = read_images(work);
  quant::PlanResult result =
      quant::run_plan(make_plan(work, images.kind), std::move(work.graph), {images.values, images.count},
                      [&](const std::string& what) { work.status.show(what); });
  work.graph = std::move(result.quantized);
  work.report.steps.insert(work.report.steps.end(), result.steps.begin(), result.steps.end());
  work.report.values = std::move(result.errors);
  work.report.same_class = result.same_class;
}

FileGroup make_files(Work& work) {
  work.status.show("writing");
  const Options& o = work.options;
  const std::string name = o.name.empty() ? fs::path(o.model).stem().string() : o.name;
  FileGroup files(o.output);
  if (!o.onnx_only) {
    const quant::PackedModel packed = quant::lower(work.graph, name, work.metadata);
    work.report.engine = quant::describe(packed);
    files.add(name + ".fcnn", std::span<const uint8_t>(quant::packed_file_bytes(packed)));
  }
  std::error_code error;
  if (fs::equivalent(files.path(name + ".onnx"), o.model, error))
    throw Error(Fault::usage, fmt::format("{} would be overwritten; give another --name or -o", o.model));
  files.add(name + ".onnx", quant::export_onnx(work.graph, work.metadata));
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
  Work work{o, status, {}, {}, {}};
  try {
    read_model(work);
    quantize_network(work);
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
  command.add_option("MODEL", o.model, "ONNX file of a network in floating point").required();
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
      .add_option("--residual-bits", o.residual_bits,
                  "Bits of the values that sums of two values read and give, which add up from block to block; 16 for "
                  "transformers; 0: as --sum-bits")
      .one_of_numbers({0, 8, 16});
  command
      .add_option("--output-bits", o.output_bits,
                  "Bits of the network's outputs (scores, boxes): with 4, one image in ten has two best classes")
      .one_of_numbers({4, 8});
  command
      .add_option("--edge-weights", o.edge_weights,
                  "Bits of the weights of the first and last layers (every head of a detector); 0: as --weights")
      .one_of_numbers({0, 2, 4, 8});
  command.add_option("--weight-calibrator", o.weight_calibrator, "How scales of weights are chosen")
      .one_of(names_in(quant::kWeightCalibratorNames));
  command.add_option("--activation-calibrator", o.activation_calibrator, "How scales of values are chosen")
      .one_of(names_in(quant::kCalibratorNames));
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
  add_pixel_options(command, o.pictures);
  add_fit_options(command, o.pictures);
  add_size_option(command, o.pictures);
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
      "report.txt, .json, .svg: how far every value is from floating point.");
  auto options = std::make_shared<Options>();
  add_options(command, *options);
  command.callback([options, &action] { action = [options] { return quantize(*options); }; });
}

}  // namespace flashcell::app
