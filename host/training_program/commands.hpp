#pragma once

// What flashcell_train does: each takes a command line whose first word is the program's name and returns the exit
// code.
namespace flashcell::quant {

/// `flashcell train`: a recipe.
int train_command(int argc, const char* const* argv);
/// `flashcell quantize --data-free`.
int data_free_command(int argc, const char* const* argv);
/// `flashcell synthesize`.
int synthesize_command(int argc, const char* const* argv);
/// `flashcell experiment rem-cim`, but for --count-only.
int rem_cim_command(int argc, const char* const* argv);

}  // namespace flashcell::quant
