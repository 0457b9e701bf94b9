#include "host/app/training_program.hpp"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
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

/// The words of a command line as the system takes them.
class Arguments {
 public:
  explicit Arguments(std::vector<std::string> words) : words_(std::move(words)) {
    for (std::string& word : words_) pointers_.push_back(word.data());
    pointers_.push_back(nullptr);
  }
  char** data() { return pointers_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

std::string long_name(const std::string& names) {
  return names.substr(names.rfind(',') + 1);
}

[[noreturn]] void throw_not_started(const std::string& program, int error) {
  throw Error(Fault::usage, fmt::format("{}: cannot be started: {}", program, std::strerror(error)));
}

}  // namespace

void become_training_program(std::vector<std::string> arguments) {
  const std::string program = training_program().string();
  arguments.insert(arguments.begin(), "flashcell train");
  ::execv(program.c_str(), Arguments(std::move(arguments)).data());
  throw_not_started(program, errno);
}

void run_training_program(std::vector<std::string> arguments) {
  const std::string program = training_program().string();
  arguments.insert(arguments.begin(), "flashcell train");
  pid_t child = 0;
  const int error =
      ::posix_spawn(&child, program.c_str(), nullptr, nullptr, Arguments(std::move(arguments)).data(), environ);
  if (error != 0) throw_not_started(program, error);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) throw Error(Fault::input, fmt::format("{}: cannot be waited for", program));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw Error(Fault::input, fmt::format("{} has failed; it says why above", program));
}

void add_picture_words(const host::PictureOptions& o, std::vector<std::string>& words) {
  if (!o.channels.empty()) words.insert(words.end(), {"--channels", o.channels});
  for (const auto& [option, numbers] : {std::pair{"--mean", o.mean}, {"--factor", o.factor}, {"--std", o.deviation}})
    if (!numbers.empty()) words.insert(words.end(), {option, fmt::format("{}", fmt::join(numbers, ","))});
  if (!o.size.empty()) words.insert(words.end(), {"--size", o.size});
  if (o.resize > 0) words.insert(words.end(), {"--resize", std::to_string(o.resize)});
  if (o.crop > 0) words.insert(words.end(), {"--crop", std::to_string(o.crop)});
}

Option HandedOn::add(Command& command, const std::string& names, const std::string& help, const std::string& value) {
  values_.push_back({long_name(names), value});
  return command.add_option(names, values_.back().text, help);
}

Option HandedOn::add_flag(Command& command, const std::string& names, const std::string& help) {
  flags_.push_back({long_name(names)});
  return command.add_flag(names, flags_.back().given, help);
}

Option HandedOn::also(Option option) {
  also_.push_back(option);
  return option;
}

void HandedOn::append_to(std::vector<std::string>& words) const {
  for (const Value& v : values_)
    if (!v.text.empty()) words.insert(words.end(), {v.name, v.text});
  for (const Flag& flag : flags_)
    if (flag.given) words.push_back(flag.name);
  for (const Option& option : also_)
    for (std::string& word : option.words()) words.push_back(std::move(word));
}

}  // namespace flashcell::app
