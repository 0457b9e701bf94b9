#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace flashcell::app {

/// What the command line asks for; returns the exit code. Set by the subcommand that was parsed.
using Action = std::function<int()>;

/// Each adds its subcommand and sets `action` when it is chosen.
void add_track(CLI::App& app, Action& action);
void add_tune(CLI::App& app, Action& action);
void add_learn(CLI::App& app, Action& action);
void add_detect(CLI::App& app, Action& action);
void add_eval(CLI::App& app, Action& action);
void add_synth(CLI::App& app, Action& action);
void add_train(CLI::App& app, Action& action);
void add_quantize(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_devices(CLI::App& app, Action& action);
void add_bitstream(CLI::App& app, Action& action);
void add_model(CLI::App& app, Action& action);
void add_config(CLI::App& app, Action& action);
void add_completion(CLI::App& app, Action& action);

/// The parts of `model`.
void add_board_speed(CLI::App& model, Action& action);
void add_inspect(CLI::App& model, Action& action);
void add_model_run(CLI::App& model, Action& action);
void add_model_eval(CLI::App& model, Action& action);

/// The command line as it was typed, for the outputs' headers.
const std::string& typed_command();

}  // namespace flashcell::app
