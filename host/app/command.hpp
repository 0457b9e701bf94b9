#pragma once
#include <functional>
#include <string>

#include "base/command_line.hpp"

namespace flashcell::app {

/// What the command line asks for; returns the exit code. Set by the subcommand that was parsed.
using Action = std::function<int()>;

/// Each adds its subcommand and sets `action` when it is chosen.
void add_track(Command& app, Action& action);
void add_tune(Command& app, Action& action);
void add_calibrate(Command& app, Action& action);
void add_learn(Command& app, Action& action);
void add_detect(Command& app, Action& action);
void add_eval(Command& app, Action& action);
void add_export(Command& app, Action& action);
void add_inspect_recording(Command& app, Action& action);
void add_synth(Command& app, Action& action);
void add_synthesize(Command& app, Action& action);
void add_train(Command& app, Action& action);
void add_generate(Command& app, Action& action);
void add_quantize(Command& app, Action& action);
void add_manycore(Command& app, Action& action);
void add_bench(Command& app, Action& action);
void add_devices(Command& app, Action& action);
void add_bitstream(Command& app, Action& action);
void add_model(Command& app, Action& action);
void add_config(Command& app, Action& action);
void add_completion(Command& app, Action& action);

/// The parts of `model`.
void add_board_speed(Command& model, Action& action);
void add_inspect(Command& model, Action& action);
void add_model_run(Command& model, Action& action);
void add_model_eval(Command& model, Action& action);
void add_model_calibrate(Command& model, Action& action);

/// The parts of `train` that need no libtorch.
void add_train_language(Command& train, Action& action);
void add_train_sequences(Command& train, Action& action);

/// The command line as it was typed, for the outputs' headers.
const std::string& typed_command();

}  // namespace flashcell::app
