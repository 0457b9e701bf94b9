#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "host/app/command.hpp"
#include "host/app/input_arrays.hpp"
#include "host/app/labelled_pictures.hpp"
#include "host/app/progress.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::app {
namespace {

struct AccuracyOptions {
  std::string network, data, as, device, calibration;
  host::PictureOptions pictures;
  uint64_t seed = 1;
  bool json = false, quiet = false;
};

struct Accuracy {
  int64_t images = 0, correct = 0;
  int64_t ties = 0;  ///< images with several largest outputs; the first of them counts

  double percent() const { return 100 * static_cast<double>(correct) / static_cast<double>(images); }
};

void count_one(const std::vector<float>& scores, double label, Accuracy& accuracy) {
  const auto best = std::max_element(scores.begin(), scores.end());
  accuracy.correct += static_cast<double>(best - scores.begin()) == label;
  accuracy.ties += std::count(scores.begin(), scores.end(), *best) > 1;
}

std::vector<double> take_labels(const AccuracyOptions& o, size_t classes, Arrays& arrays) {
  const auto found = arrays.find("labels");
  if (found == arrays.end())
    throw Error(Fault::input,
                fmt::format("{}: holds no array 'labels' beside the network's inputs", printable(o.data)));
  std::vector<double> labels = found->second.numbers();
  arrays.erase(found);
  for (const double label : labels)
    if (label != std::floor(label) || label < 0 || label >= static_cast<double>(classes))
      throw Error(Fault::input, fmt::format("{}: has a label {}, the network tells {} classes apart", printable(o.data),
                                            label, classes));
  return labels;
}

/// Of a network with several inputs, of which no folder of pictures knows.
Accuracy measure_arrays(const AccuracyOptions& o, NetworkRun& network) {
  check_classifier(network, o.network);
  if (!o.data.ends_with(".npz"))
    throw Error(Fault::usage,
                fmt::format("{}: the network has {} inputs; give a .npz file with an array for each and 'labels'",
                            printable(o.data), network.inputs().size()));
  Arrays arrays = read_arrays(o.data);
  const std::vector<double> labels = take_labels(o, network.outputs()[0].count(), arrays);
  InputArrays inputs = match_inputs(o.data, network, std::move(arrays));
  if (labels.size() != inputs.items)
    throw Error(Fault::input,
                fmt::format("{}: holds {} labels for {} items", printable(o.data), labels.size(), inputs.items));
  std::vector<InputFeed> feeds = feeds_of(network, std::move(inputs));
  Accuracy accuracy{static_cast<int64_t>(labels.size())};
  Progress progress("classifying", accuracy.images, o.quiet);
  for (size_t i = 0; i < labels.size(); ++i) {
    for (InputFeed& feed : feeds) feed.set(i);
    network.run();
    count_one(scores_of(network), labels[i], accuracy);
    progress.update(static_cast<int64_t>(i) + 1);
  }
  return accuracy;
}

Accuracy measure(const AccuracyOptions& o, NetworkRun& network) {
  if (network.inputs().size() > 1) return measure_arrays(o, network);
  const LabelledPictures pictures = read_labelled_pictures(o.data, network, o.network, o.pictures);
  Accuracy accuracy{static_cast<int64_t>(pictures.size())};
  Progress progress("classifying", accuracy.images, o.quiet);
  for (size_t i = 0; i < pictures.size(); ++i) {
    count_one(scores_of(network, pictures, i), pictures.images.labels[i], accuracy);
    progress.update(static_cast<int64_t>(i) + 1);
  }
  return accuracy;
}

int eval(const AccuracyOptions& o) {
  try {
    RunChoice choice = run_choice(o.as, o.device, false);
    choice.pictures = o.pictures;
    choice.seed = o.seed;
    choice.calibration = o.calibration;
    const std::unique_ptr<NetworkRun> network = make_run(o.network, choice);
    const Accuracy a = measure(o, *network);
    const char* as = kArithmeticNames[static_cast<size_t>(network->arithmetic())];
    if (o.json) {
      const nlohmann::ordered_json json = {{"network", o.network},        {"data", o.data},     {"as", as},
                                           {"device", network->device()}, {"images", a.images}, {"correct", a.correct},
                                           {"top1_percent", a.percent()}, {"ties", a.ties}};
      fmt::print("{}\n", json_text(json));
    } else {
      fmt::print(
          "{}, {} on {}: {:.2f} % of {} images right ({}); {} with several best classes, of which the first counts\n",
          printable(o.network), as, network->device(), a.percent(), a.images, a.correct, a.ties);
    }
    return 0;
  } catch (const quant::ModelError& e) {
    throw Error(Fault::input, e.what());
  }
}

}  // namespace

void add_model_eval(Command& model, Action& action) {
  Command& command = model.add_subcommand("eval", "How often a classifier is right on labelled images (top-1)");
  command.footer(
      "DATA is a CIFAR-10 file (.bin), MNIST's folder (its test images), or a folder or .tar.gz with a folder of "
      "pictures\n"
      "for each class. Pictures are stretched to the network's size (or as --resize says) and become its numbers as "
      "its "
      "file says.\n"
      "For a network of several inputs DATA is a .npz file with an array for each, under its name, and 'labels'.\n"
      "Folders with the names of the network's classes; where it has none, with their numbers.\n"
      "  flashcell model eval quantized/net.fcnn test_batch.bin\n"
      "  flashcell model eval net.onnx pictures.tar --resize 256 --crop 224 --mean 0.485,0.456,0.406 --std "
      "0.229,0.224,0.225\n"
      "  flashcell model eval net.onnx test_batch.bin --device cim:reram_milo_2021 --seed 7 --calibration "
      "train_batch.bin");
  auto options = std::make_shared<AccuracyOptions>();
  command.add_option("NETWORK", options->network, "ONNX file, or a packed model (.fcnn)").required();
  command.add_option("DATA", options->data, "Labelled images").required();
  add_run_choice(command, options->as, options->device);
  add_array_options(command, options->seed, options->calibration);
  add_pixel_options(command, options->pictures);
  add_fit_options(command, options->pictures);
  add_size_option(command, options->pictures);
  command.add_flag("--json", options->json, "Print the figures as JSON");
  command.add_flag("-q,--quiet", options->quiet, "No progress line");
  command.callback([=, &action] { action = [=] { return eval(*options); }; });
}

}  // namespace flashcell::app
