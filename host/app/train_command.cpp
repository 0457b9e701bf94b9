#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "host/app/command.hpp"
#include "pipeline/error.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string recipe, data, output = "trained", threads, checkpoint_seconds;
  bool restart = false, quiet = false;
};

// The training program lies beside this one.
fs::path training_program() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  const fs::path program = self.parent_path() / "flashcell_train";
  if (!error && fs::exists(program, error)) return program;
  throw Error(Fault::usage,
              fmt::format("training needs libtorch, and flashcell was built without it ({} is missing): install the "
                          "Debian package libtorch-dev and build again, or type ./run train",
                          program.string()));
}

int train(const Options& options) {
  const std::string program = training_program().string();
  std::vector<std::string> words = {"flashcell train", options.recipe, "-o", options.output};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {name, value});
  };
  add("--data", options.data);
  add("--threads", options.threads);
  add("--checkpoint-seconds", options.checkpoint_seconds);
  if (options.restart) words.emplace_back("--restart");
  if (options.quiet) words.emplace_back("--quiet");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  throw Error(Fault::usage, fmt::format("{}: cannot be started: {}", program, std::strerror(errno)));
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("train", "Train a classifier or detector by a recipe, then quantize it");
  command->footer(
      "quant_models/recipes has recipes and says what they need and reach. A run that was stopped goes on where it was "
      "when the same\ncommand is given again; the result is the same, whatever the number of threads.");
  auto options = std::make_shared<Options>();
  command->add_option("RECIPE", options->recipe, "TOML file: data, network, training, quantization")->required();
  command->add_option("--data", options->data, "Folder, archive or file of the data set, in place of the recipe's own");
  command->add_option("-o,--output", options->output, "Folder for models, figures and checkpoints");
  command->add_option("--threads", options->threads, "At most 4 are of use; all processors unless stated");
  command->add_option("--checkpoint-seconds", options->checkpoint_seconds, "From one checkpoint to the next (20)");
  command->add_flag("--restart", options->restart, "Begin anew where an unfinished run lies in the output folder");
  command->add_flag("-q,--quiet", options->quiet, "No progress line");
  command->callback([options, &action] { action = [options] { return train(*options); }; });
}

}  // namespace flashcell::app
