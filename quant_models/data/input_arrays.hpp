#pragma once
#include <span>
#include <string>

#include "quant_models/data/calibration_images.hpp"

namespace flashcell::quant {

/// One of a network's inputs.
struct NamedInput {
  std::string name;
  Shape shape;  ///< with a batch of 1
};

/// Up to `most` examples for a network of several inputs, spread evenly over a .npz file that holds an array for each
/// input under its name, N x its shape without the batch, the same N in all. Bytes (uint8) of the first input are
/// pixels, which become (pixel - mean) * factor; any other type is the network's own numbers. Values lie as run_all()
/// takes them: all inputs of the first example in the network's order, then those of the next.
/// Throws ModelError with one line that names the file: no .npz, an array that is missing or has another shape or
/// length, bytes for another input than the first, more than 1 GiB.
CalibrationImages read_input_arrays(const std::string& path, std::span<const NamedInput> inputs,
                                    const Preprocessing& preprocessing, int64_t most);

}  // namespace flashcell::quant
