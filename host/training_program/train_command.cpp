#include <fmt/format.h>

#include <cstdio>
#include <thread>

#include "base/command_line.hpp"
#include "base/error.hpp"
#include "host/training_program/commands.hpp"
#include "host/training_program/status_line.hpp"
#include "quant_models/train/run_recipe.hpp"

namespace flashcell::quant {
namespace {

/// One line for each tested epoch stays on the terminal. In a pipe only what a stage came to.
class RecipePrinter : public RunListener {
 public:
  explicit RecipePrinter(bool quiet) : line_(quiet) {}

  void progress(const std::string& stage, const TrainingProgress& p) override {
    if (!line_.shown()) return;
    if (p.finished_epoch != nullptr && p.finished_epoch->figure >= 0)
      line_.print(fmt::format("{}: epoch {}, loss {:.4f}, {:.2f} % on the test data", stage, p.epoch + 1,
                              p.finished_epoch->loss, 100 * p.finished_epoch->figure));
    line_.show(stage, static_cast<double>(p.step) / static_cast<double>(p.steps),
               fmt::format("{}: step {}/{}, epoch {}, loss {:.4f}", stage, p.step, p.steps, p.epoch + 1, p.loss));
  }

  void finished(const std::string& stage, const std::vector<Figure>& figures) override {
    line_.show("");
    std::printf("%s:", stage.c_str());
    for (const Figure& f : figures) {
      if (f.value >= 0 && f.value <= 1)
        std::printf(" %s %.2f %%", f.name.c_str(), 100 * f.value);
      else
        std::printf(" %s %.0f", f.name.c_str(), f.value);
    }
    std::printf("\n");
    std::fflush(stdout);
  }

 private:
  StatusLine line_;
};

}  // namespace

int train_command(int argc, const char* const* argv) {
  Command app("Trains a network by a recipe, then fine-tunes it with quantized weights and values.", "flashcell train");
  std::string recipe_path, data, model;
  RunOptions options;
  bool quiet = false;
  options.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  app.add_option("RECIPE", recipe_path, "TOML file: data, network, training, quantization").required();
  app.add_option("--data", data, "Folder, archive or file of the data set, in place of the recipe's own");
  app.add_option("--model", model, "ONNX file of the network, in place of the recipe's own");
  app.add_flag("--fine-tune", options.fine_tune, "The network is trained already: only the [[quantize]] stages");
  app.add_option("-o,--output", options.output, "Folder for models, figures and checkpoints");
  app.add_option("--threads", options.threads, "At most 4 are of use; the result does not depend on it").range(1, 1024);
  app.add_option("--checkpoint-seconds", options.checkpoint_seconds, "From one checkpoint to the next").at_least_zero();
  app.add_flag("--restart", options.restart, "Begin anew where an unfinished run lies in the output folder");
  app.add_flag("-q,--quiet", quiet, "No progress line");
  if (const auto answer = app.parse(argc, argv)) return print(*answer) ? 0 : static_cast<int>(Fault::usage);
  options.threads = std::min(options.threads, 4);
  Recipe recipe = read_recipe(recipe_path);
  if (!data.empty()) recipe.data.path = data;
  if (!model.empty()) recipe.model = model;
  RecipePrinter printer(quiet);
  run_recipe(recipe, options, printer);
  std::printf("models, metrics.json and learning_curve.svg are in %s\n", options.output.c_str());
  return 0;
}

}  // namespace flashcell::quant
