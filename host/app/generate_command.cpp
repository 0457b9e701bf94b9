#include <fmt/format.h>

#include <memory>
#include <string>

#include "host/app/command.hpp"
#include "quant_models/recurrent/language_model.hpp"
#include "quant_models/recurrent/network_file.hpp"

namespace flashcell::app {
namespace {

struct TextOptions {
  std::string model, prompt;
  int words = 100;
  double temperature = 1;
  uint64_t seed = 1;
};

int generate(const TextOptions& o) {
  const quant::RecurrentNetwork network = quant::read_network(o.model);
  fmt::print("{}\n", quant::generate(network, o.model, o.prompt, o.words, o.temperature, o.seed));
  return 0;
}

}  // namespace

void add_generate(Command& app, Action& action) {
  Command& command = app.add_subcommand("generate", "Let a language model write");
  command.footer("MODEL is a network.npz that `flashcell train language` wrote. The same seed gives the same text.");
  auto o = std::make_shared<TextOptions>();
  command.add_option("MODEL", o->model, "Network").required();
  command.add_option("--words", o->words, "How many").range(1, 1000000);
  command.add_option("--prompt", o->prompt, "Words that come before");
  command.add_option("--temperature", o->temperature, "Below 1: likely words only; above: bolder").range(0.01, 100.0);
  command.add_option("--seed", o->seed, "Of the draw");
  command.callback([o, &action] { action = [o] { return generate(*o); }; });
}

}  // namespace flashcell::app
