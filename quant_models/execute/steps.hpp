#pragma once
#include <span>

#include "quant_models/execute/executor.hpp"

// What each kind of layer computes. A step owns its prepared weights and scratch memory.
namespace flashcell::quant {

Step make_step(const Convolution& layer, const Shape& in, const Shape& out);
Step make_step(const FullyConnected& layer, const Shape& in);

/// The step of any node but inputs and constants. `inputs`: the shapes of its inputs.
Step make_step(const Node& node, std::span<const Shape> inputs);

}  // namespace flashcell::quant
