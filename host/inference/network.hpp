#pragma once
#include <string>
#include <vector>

#include "host/inference/resample/resampler.hpp"
#include "quant_models/models/detector_heads.hpp"
#include "quant_models/packed/packed_model.hpp"

namespace flashcell::host {

/// Reads a packed model (.fcnn). Throws Error(Fault::input): one line that says what is wrong with the file.
quant::PackedModel read_network(const std::string& path);

/// What a network's output means.
enum class NetworkKind : uint8_t {
  classifier,     ///< one score a class for a whole picture
  cell_detector,  ///< 5 + classes numbers for every cell of 8 x 8 pixels (quant_models/models/cell_detector.hpp), as
                  ///< an image of cells or one below the other, row by row: a transformer's patches
  fastestdet,     ///< other people's detectors: quant_models/models/detector_heads.hpp
  yunet,
  other,
};
NetworkKind kind_of(const quant::PackedModel& model);
/// Whether it finds boxes.
bool is_detector(NetworkKind kind);

/// The model's outputs, in the engine's order; values are left empty.
std::vector<quant::DetectorHead> heads_of(const quant::PackedModel& model);

/// The one input, the one output of the model. Throw Error(Fault::input) where there are several.
const contract::TensorDescriptor& input_of(const quant::PackedModel& model);
const contract::TensorDescriptor& output_of(const quant::PackedModel& model);
/// real = scale * (q - zero_point) of the output.
float output_scale(const quant::PackedModel& model);

/// A value of a tensor from its stored byte.
inline int stored_value(const contract::TensorDescriptor& tensor, uint8_t byte) {
  return tensor.type == contract::ActivationType::signed8 ? static_cast<int8_t>(byte) : byte;
}

/// The classes of a classifier or detector; "0", "1", ... where the file names none. Throws Error(Fault::input)
/// for more classes than tracks can carry (tracking::kMaxClasses), names of another number, and networks of other
/// kinds.
std::vector<std::string> classes_of(const quant::PackedModel& model);

/// Frames to the pictures that the model wants. Throws as input_of().
inference::Resampler resampler_for(const quant::PackedModel& model, int significant_bits);

}  // namespace flashcell::host
