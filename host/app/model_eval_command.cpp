#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/text.hpp"
#include "host/app/command.hpp"
#include "host/app/labelled_pictures.hpp"
#include "host/app/progress.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::app {
namespace {

struct Options {
  std::string network, data, as, device;
  host::PictureOptions pictures;
  bool json = false, quiet = false;
};

struct Accuracy {
  int64_t images = 0, correct = 0;
  int64_t ties = 0;  ///< images with several largest outputs; the first of them counts

  double percent() const { return 100 * static_cast<double>(correct) / static_cast<double>(images); }
};

Accuracy measure(const Options& o, NetworkRun& network) {
  const LabelledPictures pictures = read_labelled_pictures(o.data, network, o.network, o.pictures);
  Accuracy accuracy{static_cast<int64_t>(pictures.size())};
  Progress progress("classifying", accuracy.images, o.quiet);
  for (size_t i = 0; i < pictures.size(); ++i) {
    const std::vector<float> scores = scores_of(network, pictures, i);
    const auto best = std::max_element(scores.begin(), scores.end());
    accuracy.correct += best - scores.begin() == pictures.images.labels[i];
    accuracy.ties += std::count(scores.begin(), scores.end(), *best) > 1;
    progress.update(static_cast<int64_t>(i) + 1);
  }
  return accuracy;
}

int eval(const Options& o) {
  try {
    RunChoice choice = run_choice(o.as, o.device, false);
    choice.pictures = o.pictures;
    const std::unique_ptr<NetworkRun> network = make_run(o.network, choice);
    const Accuracy a = measure(o, *network);
    const char* as = kArithmeticNames[static_cast<size_t>(network->arithmetic())];
    if (o.json) {
      const nlohmann::ordered_json json = {{"network", o.network},        {"data", o.data},     {"as", as},
                                           {"device", network->device()}, {"images", a.images}, {"correct", a.correct},
                                           {"top1_percent", a.percent()}, {"ties", a.ties}};
      fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
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
      "Folders with the names of the network's classes; where it has none, with their numbers.\n"
      "  flashcell model eval quantized/net.fcnn test_batch.bin\n"
      "  flashcell model eval net.onnx pictures.tar --resize 256 --crop 224 --mean 0.485,0.456,0.406 --std "
      "0.229,0.224,0.225");
  auto options = std::make_shared<Options>();
  command.add_option("NETWORK", options->network, "ONNX file, or a packed model (.fcnn)").required();
  command.add_option("DATA", options->data, "Labelled images").required();
  add_run_choice(command, options->as, options->device);
  add_pixel_options(command, options->pictures);
  add_fit_options(command, options->pictures);
  add_size_option(command, options->pictures);
  command.add_flag("--json", options->json, "Print the figures as JSON");
  command.add_flag("-q,--quiet", options->quiet, "No progress line");
  command.callback([=, &action] { action = [=] { return eval(*options); }; });
}

}  // namespace flashcell::app
