#pragma once
#include "quant_models/metadata.hpp"
#include "quant_models/tensor/quantization.hpp"

namespace flashcell::quant {

/// How a network's input is stored, 8 bits, whatever images show: one step a pixel level where all channels are treated
/// alike (with a mean of 0 no pixel is rounded); else one scale over all that pixels 0..255 can become.
Quantization input_quantization(const Preprocessing& preprocessing);

}  // namespace flashcell::quant
