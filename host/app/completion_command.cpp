#include <fmt/format.h>

#include "host/app/command.hpp"

namespace flashcell::app {
namespace {

std::string words_of(const CLI::App& app) {
  std::string words;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + ' ';
  }
  return words;
}

/// bash: subcommands first, then the options of the one typed, file names everywhere else.
std::string bash_completion(const CLI::App& app) {
  std::string commands, cases;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    commands += command->get_name() + ' ';
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command->get_name(), words_of(*command));
  }
  return fmt::format(
      "# bash completion for flashcell:  source <(flashcell completion)\n"
      "_flashcell() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} words\n"
      "  if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY=($(compgen -W \"{}--help --version\" -- \"$current\")); return; "
      "fi\n"
      "  case ${{COMP_WORDS[1]}} in\n{}  esac\n"
      "  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  else COMPREPLY=($(compgen -f -- \"$current\")); fi\n"
      "}}\n"
      "complete -o filenames -F _flashcell flashcell\n",
      commands, cases);
}

}  // namespace

void add_completion(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("completion", "Print a bash completion file:  source <(flashcell completion)");
  command->callback([&app, &action] {
    action = [&app] {
      fmt::print("{}", bash_completion(app));
      return 0;
    };
  });
}

}  // namespace flashcell::app
