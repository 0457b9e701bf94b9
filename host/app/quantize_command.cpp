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
#include "base/json_text.hpp"
#include "base/output_file.hpp"
#include "host/app/command.hpp"
#include "host/app/few_bits.hpp"
#include "host/app/mixed_precision.hpp"
#include "host/app/quantize_report.hpp"
#include "host/app/training_program.hpp"
#include "host/quantization/picture_options.hpp"
#include "quant_models/data/calibration_images.hpp"
#include "quant_models/data/input_arrays.hpp"
#include "quant_models/data_free/picture_method.hpp"
#include "quant_models/export/lower.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/models/known_detectors.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/packed/packed_file.hpp"
#include "quant_models/quantize/input_quantization.hpp"
#include "quant_models/quantize/plan.hpp"
#include "quant_models/report/error_chart.hpp"
#include "quant_models/search/front_chart.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;
using quant::Graph;
using quant::Preprocessing;

constexpr int kUnsaidBits = 8, kUnsaidImages = 100;

struct QuantizationOptions {
  std::string model, calib, output = "quantized", name, classes, fine_tune;
  host::PictureOptions pictures;
  std::optional<int> weights, activations;  ///< none: kUnsaidBits; with --data-free: searched
  int edge_weights = 0, sum_bits = 8, residual_bits = 0, output_bits = 8, iterations = 1000, threads = 0;
  std::optional<int> images;  ///< none: kUnsaidImages; with --data-free: as many as the time allows
  uint64_t seed = 1;
  double percentile = 99.99;
  std::string weight_calibrator = "mse", activation_calibrator = "mse";
  bool data_free = false, repq = false, patch_bits = false;
  bool equalize = false, correct_bias = false, adaround = false, onnx_only = false, json = false, quiet = false;
  bool power_of_two = false, per_layer = false, asymmetric = false;
  MixedOptions mixed;
  FewBitOptions few_bits;
  HandedOn of_data_free;  ///< what --data-free has, too
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
  const QuantizationOptions& options;
  const StatusLine& status;
  quant::Metadata metadata;
  Graph graph;
  QuantizeReport report;
  std::optional<quant::MixedPrecision> bits = {};
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

// A first input of other channels than pixels have is no picture: its file says nothing of pixels.
void forget_pixels(Work& work) {
  const quant::Shape& input = work.graph.node(work.graph.inputs()[0]).shape;
  if (input.size() == 4 && input[1] != work.metadata.preprocessing->count()) work.metadata.preprocessing.reset();
}

// What the file says, what the command line says, else pixel / 255.
Preprocessing choose_preprocessing(Work& work) {
  const QuantizationOptions& o = work.options;
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

std::vector<quant::NamedInput> inputs_of(const Graph& graph) {
  std::vector<quant::NamedInput> inputs;
  for (const quant::NodeId id : graph.inputs()) inputs.push_back({graph.node(id).name, graph.node(id).shape});
  return inputs;
}

quant::CalibrationImages read_images(Work& work) {
  const QuantizationOptions& o = work.options;
  work.status.show("reading " + o.calib);
  const quant::Shape& input = work.graph.node(work.graph.inputs()[0]).shape;
  const bool image = input.size() == 4;
  const int most = o.images.value_or(kUnsaidImages);
  const std::vector<quant::NamedInput> inputs = inputs_of(work.graph);
  quant::CalibrationImages images =
      inputs.size() > 1
          ? quant::read_input_arrays(o.calib, inputs, *work.metadata.preprocessing, most)
          : quant::read_calibration_images(o.calib, input, *work.metadata.preprocessing, most,
                                           fit_of(o.pictures, image ? input[2] : 0, image ? input[3] : 0));
  work.report.images = images.count;
  work.report.data = fmt::format("{} of {} ({} in {})", images.count, images.available,
                                 name_in(quant::kCalibrationKindNames, images.kind), o.calib);
  return images;
}

quant::PostTrainingOptions post_training_options(const QuantizationOptions& o) {
  quant::PostTrainingOptions options;
  options.weights.bits = o.weights.value_or(kUnsaidBits);
  options.weights.calibrator = value_in(quant::kWeightCalibratorNames, o.weight_calibrator).value();
  options.edge_weight_bits = o.edge_weights;
  options.activations.bits = o.activations.value_or(kUnsaidBits);
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

quant::RepqOptions repq_options(const quant::PostTrainingOptions& o) {
  return {
      .weights = o.weights, .value_bits = o.activations.bits, .edge_weight_bits = o.edge_weight_bits, .input = o.input};
}

quant::Pass mixed_pass(Work& work, const quant::PlanData& data, const quant::PostTrainingOptions& options) {
  MixedOptions mixed = with_defaults(work.options.mixed);
  mixed.seed = work.options.seed;
  return quant::mixed_precision_pass(options, search_options(mixed, data, options),
                                     [&work, mixed](quant::MixedPrecision found) {
                                       work.report.bits = to_json(found, mixed);
                                       work.bits = std::move(found);
                                     });
}

quant::Plan make_plan(Work& work, const quant::CalibrationImages& images) {
  const QuantizationOptions& o = work.options;
  quant::Plan plan;
  if (o.equalize) plan.push_back(quant::equalize_pass());
  quant::PostTrainingOptions options = post_training_options(o);
  if (images.kind != quant::CalibrationKind::array)
    options.input = quant::input_quantization(*work.metadata.preprocessing);
  if (o.repq) {
    plan.push_back(quant::repq_pass(repq_options(options)));
  } else {
    plan.push_back(o.mixed.wanted ? mixed_pass(work, {images.values, images.count}, options)
                                  : quant::post_training_pass(options));
    plan.push_back(quant::integer_functions_pass());
  }
  add_few_bit_passes(o.few_bits, o.seed, options, plan);
  if (o.adaround) {
    const auto processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    plan.push_back(quant::adaptive_rounding_pass({.seed = o.seed,
                                                  .threads = o.threads > 0 ? o.threads : processors,
                                                  .iterations = o.iterations,
                                                  .fits_scales = !o.power_of_two}));
  }
  if (o.correct_bias) plan.push_back(quant::bias_correction_pass());
  if (o.patch_bits) plan.push_back(quant::patch_bits_pass(o.activations.value_or(kUnsaidBits)));
  return plan;
}

void quantize_network(Work& work) {
  const quant::CalibrationImages images = read_images(work);
  quant::PlanResult result =
      quant::run_plan(make_plan(work, images), std::move(work.graph), {images.values, images.count},
                      [&](const std::string& what) { work.status.show(what); });
  work.graph = std::move(result.quantized);
  work.report.steps.insert(work.report.steps.end(), result.steps.begin(), result.steps.end());
  work.report.values = std::move(result.errors);
  work.report.same_class = result.same_class;
  forget_pixels(work);
}

FileGroup make_files(Work& work) {
  work.status.show("writing");
  const QuantizationOptions& o = work.options;
  const std::string name = o.name.empty() ? fs::path(o.model).stem().string() : o.name;
  FileGroup files(o.output);
  if (!o.onnx_only && !o.repq && keeps_integers(o.few_bits)) {
    const quant::PackedModel packed = quant::lower(work.graph, name, work.metadata);
    work.report.engine = quant::describe(packed);
    files.add(name + ".fcnn", std::span<const uint8_t>(quant::packed_file_bytes(packed)));
  }
  std::error_code error;
  if (fs::equivalent(files.path(name + ".onnx"), o.model, error))
    throw Error(Fault::usage, fmt::format("{} would be overwritten; give another --name or -o", o.model));
  files.add(name + ".onnx", quant::export_onnx(work.graph, work.metadata));
  files.add("report.txt", full_text(work.report));
  files.add("report.json", json_text(to_json(work.report)) + "\n");
  files.add("report.svg",
            quant::draw_errors(fmt::format("{}: weights {} bits, values {} bits", name, o.weights.value_or(kUnsaidBits),
                                           o.activations.value_or(kUnsaidBits)),
                               work.report.values));
  if (work.bits) {
    files.add("front.svg",
              quant::draw_front(fmt::format("{}: bits of each layer by {}", name, with_defaults(o.mixed).sensitivity),
                                *work.bits));
    files.add("front.csv", front_csv(*work.bits));
  }
  return files;
}

int fine_tune(const QuantizationOptions& o) {
  std::vector<std::string> words = {o.fine_tune, "--model", o.model, "--fine-tune", "-o", o.output};
  if (!o.calib.empty()) words.insert(words.end(), {"--data", o.calib});
  if (o.threads > 0) words.insert(words.end(), {"--threads", std::to_string(o.threads)});
  if (o.quiet) words.emplace_back("--quiet");
  become_training_program(std::move(words));
}

int data_free(const QuantizationOptions& o) {
  std::vector<std::string> words = {"data-free", o.model};
  add_picture_words(o.pictures, words);
  o.of_data_free.append_to(words);
  become_training_program(std::move(words));
}

constexpr const char* kFewBitMethods[] = {"onebit", "ternary", "ease-in", "cluster", "spqr", "prune"};

std::vector<std::string> method_names() {
  std::vector<std::string> names(std::begin(kFewBitMethods), std::end(kFewBitMethods));
  const std::vector<std::string> drawing = names_in(quant::kPictureMethodNames);
  names.insert(names.end(), drawing.begin(), drawing.end());
  return names;
}

bool draws_pictures(const std::string& method) {
  return value_in(quant::kPictureMethodNames, method).has_value();
}

void check_combination(const QuantizationOptions& o) {
  const std::string& method = o.few_bits.method;
  if (o.mixed.wanted && !method.empty())
    throw Error(Fault::usage,
                fmt::format("--mixed chooses bits of integers; --method {} makes others: take one", method));
  if (o.mixed.wanted && o.edge_weights > 0)
    throw Error(Fault::usage, "--mixed chooses the bits of first and last layers, too: leave out --edge-weights");
  if (o.patch_bits && !o.repq)
    throw Error(Fault::usage, "--patch-bits parts what matrix products of a vision transformer read: give --repq, too");
  if (method == "prune" && (o.adaround || o.correct_bias))
    throw Error(
        Fault::usage,
        "--adaround and --correct-bias compare layer by layer with the network that was given, and --method prune "
        "takes channels away: leave them out");
}

int quantize(const QuantizationOptions& o) {
  if (!o.fine_tune.empty()) return fine_tune(o);
  if (!o.few_bits.method.empty() && o.data_free != draws_pictures(o.few_bits.method))
    throw Error(Fault::usage,
                o.data_free ? fmt::format("--method {} gives weights fewer bits; --data-free takes one "
                                          "that draws pictures",
                                          o.few_bits.method)
                            : fmt::format("--method {} draws pictures: give --data-free, too", o.few_bits.method));
  if (o.data_free && o.patch_bits)
    throw Error(Fault::usage,
                "--patch-bits is a step of its own: draw the pictures first, then give them with --calib "
                "FOLDER/pictures/pictures.npz --repq --patch-bits");
  if (o.data_free) return data_free(o);
  check_combination(o);
  if (o.calib.empty())
    throw Error(
        Fault::usage,
        "scales of values come from example images: give some 100 pictures as the camera will deliver them with "
        "--calib (a folder, a data set, a .npy array), or have them drawn out of the network with --data-free");
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
    fmt::print("{}\n", json_text(to_json(work.report)));
  } else {
    fmt::print("{}models and report.txt, .json, .svg are in {}\n", short_text(work.report), o.output);
  }
  return 0;
}

void add_picture_options(Command& command, QuantizationOptions& o) {
  command.heading("Pictures");
  o.of_data_free.also(command.add_option(
      "--calib", o.calib,
      "Example images: a folder of pictures, MNIST folder, CIFAR-10 .bin, PASCAL VOC, .tar.gz of one, "
      "one picture, .npy or .npz; of a network of several inputs a .npz with an array for each, under its name"));
  o.of_data_free
      .also(command.add_option("--images", o.images, "At most so many, spread over the data; with --data-free: drawn"))
      .range(1, 100000);
  add_pixel_options(command, o.pictures);
  add_fit_options(command, o.pictures);
  add_size_option(command, o.pictures);
  command.add_option("--classes", o.classes, "Names of the classes: a,b,c or a file with one a line");
}

void add_bit_options(Command& command, QuantizationOptions& o) {
  command.heading("Bits");
  o.of_data_free
      .also(command.add_option("--weights", o.weights, "Bits of weights; 8 unless stated, with --data-free searched"))
      .range(2, 8);
  o.of_data_free
      .also(command.add_option("--activations", o.activations, "Bits of values that activations make; 8 unless stated"))
      .range(3, 8);
  o.of_data_free
      .also(command.add_option(
          "--sum-bits", o.sum_bits,
          "Bits of values that no activation makes: what an addition reads or gives, means of a pool"))
      .range(3, 8);
  o.of_data_free
      .also(command.add_option(
          "--residual-bits", o.residual_bits,
          "Bits of the values that sums of two values read and give, which add up from block to block; 16 for "
          "transformers; 0: as --sum-bits"))
      .one_of_numbers({0, 8, 16});
  o.of_data_free
      .also(command.add_option(
          "--output-bits", o.output_bits,
          "Bits of the network's outputs (scores, boxes): too few for the classes, and several are best; "
          "with --data-free 16 for more than 256 classes"))
      .one_of_numbers({3, 4, 5, 6, 7, 8, 16});
  o.of_data_free
      .also(command.add_option(
          "--edge-weights", o.edge_weights,
          "Bits of the weights of the first and last layers (every head of a detector); 0: as --weights"))
      .one_of_numbers({0, 2, 3, 4, 5, 6, 7, 8});
  command.heading("Bits of each layer");
  add_mixed_options(command, o.mixed, o.of_data_free);
}

void add_scale_options(Command& command, QuantizationOptions& o) {
  command.heading("Scales");
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
}

void add_method_options(Command& command, QuantizationOptions& o) {
  command.heading("Methods after training");
  command.add_flag("--equalize", o.equalize, "Equalize the ranges of neighbouring layers first (Nagel et al. 2019)");
  command.add_flag("--correct-bias", o.correct_bias,
                   "Take the mean error out of every layer (Nagel et al. 2019), where that brings the outputs closer");
  command.add_flag("--adaround", o.adaround, "Round each weight the better way, not the nearer (Nagel et al. 2020)");
  command.add_option("--iterations", o.iterations, "Steps of --adaround for each layer").range(1, 100000);
  o.of_data_free.also(command.add_flag(
      "--repq", o.repq,
      "A vision transformer: quantize what its matrix products read, as RepQ-ViT does; writes no .fcnn"));
  command.add_flag("--patch-bits", o.patch_bits,
                   "Of --repq: --activations is the mean over a picture's patches, those that matter have more bits "
                   "and others fewer, where that brings the outputs closer");
  o.of_data_free
      .also(command.add_option(
          "--method", o.few_bits.method,
          "Fewer bits for weights. onebit: signs and factors; ternary: -1, 0, 1 times a scale; ease-in, cluster: "
          "the same, trained for it on the images of --calib; spqr: 3 bits, outliers apart; prune: fewer "
          "channels, then integers. First and last layers keep --weights, but of spqr; onebit and spqr write no "
          ".fcnn; training needs libtorch. With --data-free: where pictures come from, see there"))
      .one_of(method_names());
  add_few_bit_options(command, o.few_bits);
}

void add_training_options(Command& command, QuantizationOptions& o) {
  command.heading("Training, with libtorch");
  command.add_flag("--data-free", o.data_free,
                   "Without data, all in one: draw pictures out of the network, search the bits of each layer unless "
                   "they are given, quantize, round with care or train. --method noise, distill, gdfq, ddaq or coleq "
                   "for networks with "
                   "batch normalization, psaq, psaq-v2 or sardfq for vision transformers; what suits the network "
                   "unless stated; --calib: real pictures instead");
  o.of_data_free.add(command, "--minutes", "Of --data-free: about so many of one processor core; 10 unless stated");
  o.of_data_free.add(command, "--test", "Of --data-free: labelled pictures to measure with");
  o.of_data_free.add_flag(command, "--train",
                          "Of --data-free: train a CNN even where its weights are rounded with care, with half of the "
                          "time: closer on the pictures; on photographs it was no closer");
  o.of_data_free.add(command, "--reconstruct",
                     "Of --data-free with a transformer: steps for each block towards what the real network has there");
  o.of_data_free.add_flag(command, "--restart",
                          "Of --data-free: begin anew where an unfinished run lies in the output folder");
  command.add_option("--fine-tune", o.fine_tune,
                     "Train on with quantized numbers by this recipe's [[quantize]] stages instead; --calib replaces "
                     "its data");
  o.of_data_free.also(command.add_option("--seed", o.seed, "Of --adaround and --data-free"));
  o.of_data_free
      .also(command.add_option("--threads", o.threads,
                               "Of --adaround, --fine-tune, --data-free; all processors unless stated"))
      .range(0, 1024);
}

void add_options(Command& command, QuantizationOptions& o) {
  command.add_option("MODEL", o.model, "ONNX file of a network in floating point").required();
  command.heading("Output");
  o.of_data_free.also(command.add_option("-o,--output", o.output, "Folder for the models and the report"));
  o.of_data_free.also(command.add_option("--name", o.name, "Name of the written models; that of MODEL unless stated"));
  command.add_flag("--onnx-only", o.onnx_only, "Write no .fcnn, for networks that the engine does not take");
  command.add_flag("--json", o.json, "Print the report as JSON");
  o.of_data_free.also(command.add_flag("-q,--quiet", o.quiet, "No progress line"));
  add_picture_options(command, o);
  add_bit_options(command, o);
  add_scale_options(command, o);
  add_method_options(command, o);
  add_training_options(command, o);
}

}  // namespace

void add_quantize(Command& app, Action& action) {
  Command& command = app.add_subcommand("quantize", "Make an integer network (.fcnn) of an ONNX file");
  command.footer(
      "Writes NAME.fcnn for the engine, NAME.onnx with QuantizeLinear and DequantizeLinear for other runtimes, and\n"
      "report.txt, .json, .svg: how far every value is from floating point; --mixed also front.csv, .svg: what else "
      "could "
      "be chosen.");
  auto options = std::make_shared<QuantizationOptions>();
  add_options(command, *options);
  command.callback([options, &action] { action = [options] { return quantize(*options); }; });
}

}  // namespace flashcell::app
