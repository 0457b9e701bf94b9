#include "quant_models/train/tune_commands.hpp"

#include <ATen/Parallel.h>
#include <unistd.h>

#include "base/command_line.hpp"
#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/numpy_file.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/quantize/image_network.hpp"
#include "quant_models/train/prune_channels.hpp"
#include "quant_models/train/train_ternary.hpp"

namespace flashcell::quant {
namespace {

/// What both commands are told.
struct Files {
  std::string network, images, output;

  void add_options(Command& app) {
    app.add_option("NETWORK", network, "ONNX file of a network in floating point").required();
    app.add_option("IMAGES", images, ".npy array of the network's input numbers, N x the input's shape").required();
    app.add_option("-o,--output", output, "ONNX file").required();
  }
};

struct Given {
  Graph graph;
  Tensor images;
};

Given read(const Files& files) {
  at::set_num_threads(1);  // sums in one order, whatever the machine
  Given input{prepare_image_network(import_onnx(files.network)),
              read_npy(read_file(files.images), files.images).tensor()};
  if (input.images.shape.empty()) throw ModelError(files.images + ": holds no images");
  return input;
}

void show(const std::string& what) {
  if (isatty(STDERR_FILENO) == 1) std::fprintf(stderr, "\r\033[K%s", what.c_str());
}

}  // namespace

int run_train_ternary(int argc, const char* const* argv) {
  Command app("Trains a network for weights of -1, 0 and 1 on images without labels.", "flashcell train ternary");
  Files files;
  TernaryTrainingOptions options;
  std::string method = "ease-in";
  files.add_options(app);
  app.add_option("--method", method, "How").one_of(names_in(kTernaryTrainingNames));
  app.add_option("--steps", options.tuning.steps, "Of training").range(1, 1000000);
  app.add_option("--seed", options.tuning.seed, "Of what is drawn at random");
  if (const auto answer = app.parse(argc, argv)) return print(*answer) ? 0 : 2;
  options.method = value_in(kTernaryTrainingNames, method).value();
  if (options.method == TernaryTraining::cluster) options.ternary.scale = TernaryScale::fitted;
  const Given input = read(files);
  const Graph trained =
      train_ternary(input.graph, input.images.values, input.images.shape[0], options, [&](int step, double loss) {
        show("step " + std::to_string(step + 1) + " of " + std::to_string(options.tuning.steps) + ", loss " +
             std::to_string(loss));
      });
  show("");
  export_onnx(trained, files.output);
  return 0;
}

int run_prune(int argc, const char* const* argv) {
  Command app("Takes channels out of a network that matter least, on images without labels.", "flashcell train prune");
  Files files;
  PruningOptions options;
  files.add_options(app);
  app.add_option("--share", options.share, "Of each layer's channels that go").range(0.0, 0.99);
  app.add_option("--steps", options.all.steps, "Of training at the end; a tenth of them behind each layer")
      .range(1, 1000000);
  app.add_option("--seed", options.all.seed, "Of what is drawn at random");
  if (const auto answer = app.parse(argc, argv)) return print(*answer) ? 0 : 2;
  options.layer.seed = options.all.seed;
  options.layer.steps = std::max(1, options.all.steps / 10);
  const Given input = read(files);
  const PruningResult result = prune_channels(input.graph, input.images.values, input.images.shape[0], options, show);
  show("");
  export_onnx(result.graph, files.output);
  return 0;
}

}  // namespace flashcell::quant
