#include <memory>
#include <string>
#include <vector>

#include "host/app/command.hpp"
#include "host/app/training_program.hpp"

namespace flashcell::app {
namespace {

struct TrainingOptions {
  std::string recipe;
  HandedOn others;
};

int train(const TrainingOptions& options) {
  std::vector<std::string> words = {options.recipe};
  options.others.append_to(words);
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
  HandedOn& others = options->others;
  others.add(command, "--data", "Folder, archive or file of the data set, in place of the recipe's own");
  others.add(command, "--model", "ONNX file of the network, in place of the recipe's own");
  others.add_flag(command, "--fine-tune", "The network is trained already: only the [[quantize]] stages");
  others.add(command, "-o,--output", "Folder for models, figures and checkpoints", "trained");
  others.add(command, "--threads", "At most 4 are of use; all processors unless stated");
  others.add(command, "--checkpoint-seconds", "From one checkpoint to the next (20)");
  others.add_flag(command, "--restart", "Begin anew where an unfinished run lies in the output folder");
  others.add_flag(command, "-q,--quiet", "No progress line");
  add_train_language(command, action);
  add_train_sequences(command, action);
  command.callback([options, &command, &action] {
    if (command.subcommand_given()) return;
    if (options->recipe.empty()) throw ValueMissing{"RECIPE"};
    action = [options] { return train(*options); };
  });
}

}  // namespace flashcell::app
