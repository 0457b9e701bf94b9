#include <memory>
#include <string>
#include <vector>

#include "host/app/command.hpp"
#include "host/app/training_program.hpp"

namespace flashcell::app {
namespace {

struct TrainingOptions {
  std::string recipe, data, model, output = "trained", threads, checkpoint_seconds;
  bool fine_tune = false, restart = false, quiet = false;
};

int train(const TrainingOptions& options) {
  std::vector<std::string> words = {options.recipe, "-o", options.output};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {name, value});
  };
  add("--data", options.data);
  add("--model", options.model);
  add("--threads", options.threads);
  add("--checkpoint-seconds", options.checkpoint_seconds);
  if (options.fine_tune) words.emplace_back("--fine-tune");
  if (options.restart) words.emplace_back("--restart");
  if (options.quiet) words.emplace_back("--quiet");
  become_training_program(std::move(words));
}

}  // namespace

void add_train(Command& app, Action& action) {
  Command& command = app.add_subcommand(
      "train", "Train a classifier or detector by a recipe, then quantize it; recurrent networks without one");
  command.footer(
      "quant_models/recipes has recipes and says what they need and reach. A run that was stopped goes on where it was "
      "when the same\ncommand is given again; the result is the same, whatever the number of threads.");
  auto options = std::make_shared<TrainingOptions>();
  command.add_option("RECIPE", options->recipe, "TOML file: data, network, training, quantization");
  command.add_option("--data", options->data, "Folder, archive or file of the data set, in place of the recipe's own");
  command.add_option("--model", options->model, "ONNX file of the network, in place of the recipe's own");
  command.add_flag("--fine-tune", options->fine_tune, "The network is trained already: only the [[quantize]] stages");
  command.add_option("-o,--output", options->output, "Folder for models, figures and checkpoints");
  command.add_option("--threads", options->threads, "At most 4 are of use; all processors unless stated");
  command.add_option("--checkpoint-seconds", options->checkpoint_seconds, "From one checkpoint to the next (20)");
  command.add_flag("--restart", options->restart, "Begin anew where an unfinished run lies in the output folder");
  command.add_flag("-q,--quiet", options->quiet, "No progress line");
  add_train_language(command, action);
  add_train_sequences(command, action);
  command.callback([options, &command, &action] {
    if (command.subcommand_given()) return;
    if (options->recipe.empty()) throw ValueMissing{"RECIPE"};
    action = [options] { return train(*options); };
  });
}

}  // namespace flashcell::app
