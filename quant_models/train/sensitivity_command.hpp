#pragma once

namespace flashcell::quant {

/// `flashcell_train sensitivity NETWORK.onnx IMAGES.npy -o FILE.json`: gradient_sensitivities() of a network in real
/// numbers, prepared as plans take it, as {"weights": {name: number}, "values": {name: number}}. The images are the
/// numbers that the network takes. What `flashcell quantize --mixed` starts. Returns the exit code; throws as
/// gradient_sensitivities() and for files that cannot be read.
int run_sensitivity(int argc, const char* const* argv);

}  // namespace flashcell::quant
