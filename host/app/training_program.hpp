#pragma once
#include <deque>
#include <string>
#include <vector>

#include "base/command_line.hpp"
#include "host/quantization/picture_options.hpp"

namespace flashcell::app {

/// Goes on as flashcell_train, which lies beside this program, with these arguments (without the program's name);
/// does not return. Throws Error(Fault::usage) where it was not built or cannot be started.
[[noreturn]] void become_training_program(std::vector<std::string> arguments);

/// Runs it with these arguments and waits for its end; what it prints on standard error is seen. Throws as above, and
/// Error(Fault::input) where it ends with another code than 0.
void run_training_program(std::vector<std::string> arguments);

/// Options of a command that flashcell_train takes by the same names and judges itself: it gets them as they were
/// written. Has to outlive the parsing.
class HandedOn {
 public:
  /// `names` as Command::add_option() takes them, the long one last; `value`: the default that the help text shows,
  /// which is handed on too.
  Option add(Command& command, const std::string& names, const std::string& help, const std::string& value = "");
  Option add_flag(Command& command, const std::string& names, const std::string& help);
  /// One that this command reads itself, too: handed on where it is given. Returns it.
  Option also(Option option);
  void append_to(std::vector<std::string>& words) const;

 private:
  struct Value {
    std::string name, text;
  };
  struct Flag {
    std::string name;
    bool given = false;
  };
  std::deque<Value> values_;
  std::deque<Flag> flags_;
  std::vector<Option> also_;
};

/// Adds the options that say what pictures mean to a network, where they are given.
void add_picture_words(const host::PictureOptions& options, std::vector<std::string>& words);

}  // namespace flashcell::app
