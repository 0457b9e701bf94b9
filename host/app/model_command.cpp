#include "host/app/command.hpp"

namespace flashcell::app {

void add_model(Command& app, Action& action) {
  Command& command = app.add_subcommand(
      "model", "Compute the speed of a board that is not at hand; look into a network, run it, measure its accuracy");
  command.footer(
      "With --board and its companions: latency and frame rate. Nothing is measured: the kernel's clocks come from a\n"
      "cycle model of its own sources, copies and launches from published logs. What is printed says so.\n"
      "With inspect FILE: a network's layers. With run: what it gives for arrays, on any device. With eval: how often "
      "a\n"
      "classifier is right. With calibrate: what its confidence is worth, from then on.");
  add_board_speed(command, action);
  add_inspect(command, action);
  add_model_run(command, action);
  add_model_eval(command, action);
  add_model_calibrate(command, action);
}

}  // namespace flashcell::app
