#include <fmt/format.h>

#include "host/app/command.hpp"

namespace flashcell::app {
namespace {

std::string words_of(const Command& app) {
  std::string words;
  for (const std::string& name : app.long_names()) words += name + ' ';
  return words;
}

/// bash: subcommands first, then the options of the one typed, file names everywhere else.
std::string bash_completion(const Command& app) {
  std::string commands, cases;
  for (const Command* command : app.subcommands()) {
    commands += command->name() + ' ';
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command->name(), words_of(*command));
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

void add_completion(Command& app, Action& action) {
  Command& command = app.add_subcommand("completion", "Print a bash completion file:  source <(flashcell completion)");
  command.callback([&app, &action] {
    action = [&app] {
      fmt::print("{}", bash_completion(app));
      return 0;
    };
  });
}

}  // namespace flashcell::app
