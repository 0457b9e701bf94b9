#pragma once
#include <string>
#include <vector>

namespace flashcell::app {

/// Goes on as flashcell_train, which lies beside this program, with these arguments (without the program's name);
/// does not return. Throws Error(Fault::usage) where it was not built or cannot be started.
[[noreturn]] void become_training_program(std::vector<std::string> arguments);

}  // namespace flashcell::app
