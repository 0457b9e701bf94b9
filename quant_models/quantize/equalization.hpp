#pragma once
#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// Moves factors between the output channels of one convolution and the input channels of the next so that both have
/// the same range, which makes one scale for all channels go further; what the network computes stays, up to rounding.
/// Pairs: convolutions with nothing or a ReLU or leaky ReLU between them, read by nobody else; grouped ones only where
/// depthwise. s_i = sqrt(r_i * q_i) / q_i, r_i the largest weight of output channel i, q_i that of input channel i; all
/// pairs in turn, until no factor differs from 1 by more than 1 %, at most 50 times.
/// Source: Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, 2019, section 4.1.
/// Batch normalization must be folded and weights not yet quantized; other pairs are left alone.
Graph equalize_layers(Graph graph);

}  // namespace flashcell::quant
