#pragma once
#include <string>

#include "quant_models/graph/graph.hpp"
#include "quant_models/metadata.hpp"
#include "quant_models/packed/packed_model.hpp"

namespace flashcell::quant {

/// The integer program of a quantized graph, for the engine. What it takes: one image at a time (N = 1); every value
/// that is kept has a quantization with one scale, with more than 8 bits and zero point 0 (quantize_post_training()
/// with Places::every_value); weights are symmetric, of up to 8 bits; convolutions (grouped ones become dense ones with
/// zeros), fully connected layers, pools, sums of two values, concatenation and slices along channels, nearest
/// resizing, flattening, ReLU and clip behind a layer that computes; transposes, reshapes, slices and pads with zeros
/// that come to a choice of channels and of every n-th pixel, zeros around or between them (ModelBuilder::select). The
/// tail (output_tail.hpp: sigmoid, softmax and the like at the end) is left to who reads the outputs. An exact zero
/// point is folded into the bias, which is rounded to a step of the sum (half up). Metadata that is not known: no class
/// names, and pixels / 255 in grey or R, G, B. Throws ModelError that names the node and what it would need, or for a
/// model that the engine would refuse.
PackedModel lower(const Graph& graph, const std::string& name, const Metadata& metadata = {});

}  // namespace flashcell::quant
