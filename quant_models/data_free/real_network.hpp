#pragma once
#include <cstdint>
#include <vector>

#include "quant_models/data_free/options.hpp"
#include "quant_models/data_free/picture_files.hpp"
#include "quant_models/metadata.hpp"
#include "quant_models/synthesize/input_range.hpp"

namespace flashcell::quant {

/// A network in real numbers, as its file has it, and what its input means.
struct RealNetwork {
  Graph graph;
  Metadata metadata;     ///< preprocessing is there
  uint64_t fingerprint;  ///< of the file and of what its pixels mean
  std::string assumed;   ///< what had to be assumed, for people; empty: nothing
  const Shape& input_shape() const { return graph.node(graph.inputs()[0]).shape; }
  InputRange range() const { return input_range(*metadata.preprocessing, input_shape()); }
  PixelForm pixels() const;
};

/// Throws ModelError for a file that is no network of one picture in real numbers; Error(usage) for numbers that do not
/// fit its channels.
RealNetwork read_real_network(const NetworkOptions& options);

/// A CIFAR-10 file (.bin), MNIST's folder (its test images), or folders of pictures, one a class, or an archive of
/// them. Throws ModelError that names the data.
LabelledInputs read_labelled(const std::string& data, const PictureFit& fit, const RealNetwork& network);

/// Share of pictures whose largest output is their class; run as the graph says, quantized numbers as their integers.
double accuracy(const Graph& graph, const LabelledInputs& pictures);

}  // namespace flashcell::quant
