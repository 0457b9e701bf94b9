#pragma once
#include <string>
#include <vector>

#include "host/quantization/picture_options.hpp"

namespace flashcell::app {

/// Goes on as flashcell_train, which lies beside this program, with these arguments (without the program's name);
/// does not return. Throws Error(Fault::usage) where it was not built or cannot be started.
[[noreturn]] void become_training_program(std::vector<std::string> arguments);

/// Runs it with these arguments and waits for its end; what it prints on standard error is seen. Throws as above, and
/// Error(Fault::input) where it ends with another code than 0.
void run_training_program(std::vector<std::string> arguments);

/// Adds the options that say what pictures mean to a network, where they are given.
void add_picture_words(const host::PictureOptions& options, std::vector<std::string>& words);

}  // namespace flashcell::app
