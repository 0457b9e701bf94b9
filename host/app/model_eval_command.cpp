#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/text.hpp"
#include "host/app/command.hpp"
#include "host/app/network_run.hpp"
#include "host/app/progress.hpp"
#include "quant_models/data/class_folders.hpp"
#include "quant_models/data/mnist.hpp"
#include "quant_models/data/picture.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;
using quant::LabelledImages;

struct Options {
  std::string network, data, as, device;
  bool json = false, quiet = false;
};

struct Accuracy {
  int64_t images = 0, correct = 0;
  int64_t ties = 0;  ///< images with several largest outputs; the first of them counts

  double percent() const { return 100 * static_cast<double>(correct) / static_cast<double>(images); }
};

const Port& scores_of(const Options& o, const NetworkRun& network) {
  const std::vector<Port>& outputs = network.outputs();
  if (network.inputs().size() != 1 || network.inputs()[0].shape.size() != 3 || outputs.size() != 1 ||
      outputs[0].count() < 2 || outputs[0].count() != static_cast<size_t>(outputs[0].shape[0]))
    throw Error(Fault::usage, fmt::format("{}: is no classifier: it does not give one number a class for one image",
                                          printable(o.network)));
  return outputs[0];
}

LabelledImages read_images(const Options& o, const NetworkRun& network) {
  std::error_code error;
  if (o.data.ends_with(".bin")) return quant::read_cifar10(o.data);
  const fs::path mnist = fs::path(o.data) / "t10k-images-idx3-ubyte";
  if (fs::exists(mnist, error) || fs::exists(mnist.string() + ".gz", error))
    return quant::read_mnist_folder(o.data, false);
  const quant::Shape& in = network.inputs()[0].shape;
  return quant::read_class_folders(quant::FileSet(o.data), "", static_cast<int>(in[0]), static_cast<int>(in[1]),
                                   static_cast<int>(in[2]), network.class_names())
      .images;
}

// Planes of pixels as the network takes them.
std::vector<uint8_t> pixels_of(const LabelledImages& images, int64_t i, const NetworkRun& network) {
  const quant::Shape& in = network.inputs()[0].shape;
  const size_t size = images.pixels.size() / static_cast<size_t>(images.count);
  const auto first = images.pixels.begin() + static_cast<ptrdiff_t>(size) * i;
  quant::Picture picture{images.channels, images.rows, images.columns, {first, first + static_cast<ptrdiff_t>(size)}};
  picture = quant::resize(picture, static_cast<int>(in[1]), static_cast<int>(in[2]));
  if (network.preprocessing()->channels != quant::Preprocessing::Channels::bgr) return picture.pixels;
  const auto plane = static_cast<ptrdiff_t>(in[1] * in[2]);
  std::swap_ranges(picture.pixels.begin(), picture.pixels.begin() + plane, picture.pixels.begin() + 2 * plane);
  return picture.pixels;
}

std::vector<float> numbers_of(const std::vector<uint8_t>& bytes, const std::string& type) {
  if (type == "u1") return {bytes.begin(), bytes.end()};
  std::vector<float> numbers(bytes.size() / (type == "f4" ? sizeof(float) : 1));
  if (type == "f4") {
    std::memcpy(numbers.data(), bytes.data(), bytes.size());
  } else {
    std::transform(bytes.begin(), bytes.end(), numbers.begin(), [](uint8_t b) { return static_cast<int8_t>(b); });
  }
  return numbers;
}

Accuracy measure(const Options& o, NetworkRun& network) {
  const Port& scores = scores_of(o, network);
  if (!network.preprocessing())
    throw Error(Fault::usage,
                fmt::format("{}: does not say what pixels mean to it; `flashcell quantize` with --channels, "
                            "--mean and --factor writes files that do",
                            printable(o.network)));
  if (network.inputs()[0].shape[0] != network.preprocessing()->count())
    throw Error(Fault::usage, fmt::format("{}: its input is no picture of {} channels, of which its file speaks",
                                          printable(o.network), network.preprocessing()->count()));
  const LabelledImages images = read_images(o, network);
  const int last = *std::max_element(images.labels.begin(), images.labels.end());
  if (last >= static_cast<int>(scores.count()))
    throw Error(Fault::input, fmt::format("{}: has an image of class {}, the network tells {} apart", printable(o.data),
                                          last, scores.count()));
  if (images.channels != network.preprocessing()->count())
    throw Error(Fault::input, fmt::format("{}: its images have {} channels, the network takes {}", printable(o.data),
                                          images.channels, network.preprocessing()->count()));
  Accuracy accuracy{images.count};
  Progress progress("classifying", images.count, o.quiet);
  for (int64_t i = 0; i < images.count; ++i) {
    network.set_pixels(pixels_of(images, i, network));
    network.run();
    const std::vector<float> numbers = numbers_of(network.output(0), scores.type);
    const auto best = std::max_element(numbers.begin(), numbers.end());
    accuracy.correct += best - numbers.begin() == images.labels[static_cast<size_t>(i)];
    accuracy.ties += std::count(numbers.begin(), numbers.end(), *best) > 1;
    progress.update(i + 1);
  }
  return accuracy;
}

int eval(const Options& o) {
  try {
    const std::unique_ptr<NetworkRun> network = make_run(o.network, run_choice(o.as, o.device, false));
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
      "for each class. Pictures are stretched to the network's size and become its numbers as its file says.\n"
      "  flashcell model eval quantized/net.fcnn test_batch.bin");
  auto options = std::make_shared<Options>();
  command.add_option("NETWORK", options->network, "ONNX file, or a packed model (.fcnn)").required();
  command.add_option("DATA", options->data, "Labelled images").required();
  add_run_choice(command, options->as, options->device);
  command.add_flag("--json", options->json, "Print the figures as JSON");
  command.add_flag("-q,--quiet", options->quiet, "No progress line");
  command.callback([=, &action] { action = [=] { return eval(*options); }; });
}

}  // namespace flashcell::app
