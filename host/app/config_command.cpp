#include <fmt/format.h>

#include "host/app/command.hpp"
#include "host/config/config.hpp"

namespace flashcell::app {

void add_config(Command& app, Action& action) {
  Command& command = app.add_subcommand("config", "Print or check a configuration file");
  struct Options {
    bool with_default = false;
    std::string file;
  };
  auto options = std::make_shared<Options>();
  const Option print = command.add_flag("--default", options->with_default,
                                        "Print the default configuration; its comments document every key");
  command.add_option("FILE", options->file, "Check this file and print what it comes to").excludes(print);
  command.callback([options, &action] {
    if (!options->with_default && options->file.empty()) throw HelpWanted();
    action = [options] {
      host::Config config;
      if (!options->file.empty()) host::load_config(options->file, config);
      fmt::print("{}", host::print_config(config, options->with_default));
      return 0;
    };
  });
}

}  // namespace flashcell::app
