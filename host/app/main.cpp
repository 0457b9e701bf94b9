#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <new>

#include "base/error.hpp"
#include "host/app/command.hpp"
#include "host/app/version.hpp"

namespace flashcell::app {
namespace {

std::string& command_line() {
  static std::string line;
  return line;
}

std::string join_arguments(int argc, char** argv) {
  std::string line = "flashcell";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain = !word.empty() && word.find_first_of(" \t\n\"'\\$`*?;&|<>()[]{}") == std::string::npos;
    line += plain ? " " + word : " '" + word + "'";
  }
  return line;
}

int fail(Fault fault, const char* what) {
  fmt::print(stderr, "flashcell: {}\n", what);
  return static_cast<int>(fault);
}

int run(int argc, char** argv) {
  command_line() = join_arguments(argc, argv);
  CLI::App app{
      "Finds, measures and follows many objects in very fast video.\n"
      "Exit codes: 0 done, 1 bug, 2 wrong usage or configuration, 3 bad or damaged input, 4 device.",
      "flashcell"};
  app.set_version_flag("--version", std::string("flashcell ") + kVersion);
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  Action action;
  for (auto* add : {add_track, add_tune, add_learn, add_detect, add_eval, add_synth, add_train, add_quantize, add_bench,
                    add_devices, add_bitstream, add_model, add_config, add_completion})
    add(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : static_cast<int>(Fault::usage);
  }
  try {
    return action();
  } catch (const Error& e) {
    return fail(e.fault(), e.what());
  } catch (const std::bad_alloc&) {
    return fail(Fault::input, "out of memory: the frames or the object table are too large for this machine");
  } catch (const std::exception& e) {
    return fail(Fault::bug,
                fmt::format("internal error: {}; please report it with the command line", e.what()).c_str());
  }
}

}  // namespace

const std::string& typed_command() {
  return command_line();
}

}  // namespace flashcell::app

int main(int argc, char** argv) {
  const int code = flashcell::app::run(argc, argv);
  if (code == static_cast<int>(flashcell::Fault::input)) {
    // On a full disk the HDF5 library's own end-of-program clean-up crashes at times; everything of ours is closed
    // already.
    std::fflush(nullptr);
    std::_Exit(code);
  }
  return code;
}
