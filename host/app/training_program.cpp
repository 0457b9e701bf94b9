#include "host/app/training_program.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/error.hpp"

namespace flashcell::app {
namespace {

namespace fs = std::filesystem;

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

}  // namespace

void become_training_program(std::vector<std::string> arguments) {
  const std::string program = training_program().string();
  arguments.insert(arguments.begin(), "flashcell train");
  std::vector<char*> words;
  for (std::string& word : arguments) words.push_back(word.data());
  words.push_back(nullptr);
  ::execv(program.c_str(), words.data());
  throw Error(Fault::usage, fmt::format("{}: cannot be started: {}", program, std::strerror(errno)));
}

}  // namespace flashcell::app
