#include <fmt/format.h>

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <new>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/error.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "host/app/cim_command.hpp"
#include "host/app/command.hpp"
#include "host/app/experiment_command.hpp"
#include "host/app/interruption.hpp"
#include "host/app/messages.hpp"

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

int fail(Fault fault, const std::string& what) {
  say(what);
  return static_cast<int>(fault);
}

/// The errno of printing that failed; 0: none, or not known.
int& print_error() {
  static int error = 0;
  return error;
}

bool nobody_reads_output() {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

/// What was printed has to have arrived, as any other output. Returns the exit code.
int close_output(int code) {
  errno = 0;
  std::cout.flush();
  const bool printed = std::cout.good() && std::ferror(stdout) == 0;
  const bool nobody_reads = !printed && nobody_reads_output();
  const bool closed = std::fclose(stdout) == 0;
  if (printed && closed) return code;
  const int error = print_error() != 0 ? print_error() : closed ? 0 : errno;
  if (error == EPIPE || nobody_reads) end_by_closed_pipe();
  if (code != 0) return code;
  return fail(Fault::input, error == 0 ? "cannot write standard output"
                                       : "cannot write standard output: " + std::generic_category().message(error));
}

int parse_and_run(int argc, char** argv) {
  command_line() = join_arguments(argc, argv);
  Command app(
      "Finds, measures and follows many objects in very fast video.\n"
      "Exit codes: 0 done, 1 bug, 2 wrong usage or configuration, 3 bad or damaged input, or output that cannot be\n"
      "written, 4 device, 128 + signal where one ended the run early (130: Ctrl-C).",
      "flashcell");
  app.set_version(program_version());
  app.require_subcommand();
  Action action;
  for (auto* add : {add_track,  add_tune,      add_calibrate,         add_learn,    add_detect,
                    add_eval,   add_export,    add_inspect_recording, add_synth,    add_synthesize,
                    add_train,  add_generate,  add_quantize,          add_manycore, add_experiment,
                    add_bench,  add_devices,   add_bitstream,         add_model,    add_cim,
                    add_config, add_completion})
    add(app, action);
  if (const std::optional<Command::Answer> answer = app.parse(argc, argv)) {
    std::cout << printable_lines(answer->output);
    std::fputs(printable_lines(answer->error).c_str(), stderr);
    return answer->asked ? 0 : static_cast<int>(Fault::usage);
  }
  return action();
}

int run(int argc, char** argv) {
  try {
    return parse_and_run(argc, argv);
  } catch (const Error& e) {
    return fail(e.fault(), e.what());
  } catch (const std::bad_alloc&) {
    // Without a string, which would want memory.
    std::fputs("flashcell: out of memory: the frames or the object table are too large for this machine\n", stderr);
    return static_cast<int>(Fault::input);
  } catch (const std::exception& e) {
    // Printing throws where standard output cannot be written: close_output() says so.
    const auto* error = dynamic_cast<const std::system_error*>(&e);
    if (std::ferror(stdout) != 0) {
      if (error != nullptr) print_error() = error->code().value();
      return 0;
    }
    // oneTBB says it in words only.
    const bool no_thread = error != nullptr ? error->code() == std::errc::resource_unavailable_try_again
                                            : std::string_view(e.what()).starts_with("pthread_create has failed");
    if (no_thread)
      return fail(Fault::input,
                  "out of memory: the system starts no further thread; --pipeline.threads 1 needs fewest");
    return fail(Fault::bug, fmt::format("internal error: {}; please report it with the command line", e.what()));
  }
}

}  // namespace

const std::string& typed_command() {
  return command_line();
}

}  // namespace flashcell::app

int main(int argc, char** argv) {
  flashcell::app::turn_signals_into_errors();
  return flashcell::app::close_output(flashcell::app::run(argc, argv));
}
