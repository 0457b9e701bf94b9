#pragma once

namespace flashcell::quant {

/// `flashcell_train ternary NETWORK.onnx IMAGES.npy -o FILE.onnx`: train_ternary() of a network in real numbers,
/// prepared as plans take it, on its own input numbers. `flashcell_train prune …`: prune_channels(). What `flashcell
/// quantize
/// --method` starts. Return the exit code; throw as these functions and for files that cannot be read.
int run_train_ternary(int argc, const char* const* argv);
int run_prune(int argc, const char* const* argv);

}  // namespace flashcell::quant
