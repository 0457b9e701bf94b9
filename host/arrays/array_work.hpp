#pragma once
#include <string>

#include "host/quantization/picture_options.hpp"
#include "quant_models/cim/array_network.hpp"
#include "quant_models/data/calibration_images.hpp"
#include "quant_models/metadata.hpp"

namespace flashcell::host {

/// "cim" or "cim:...".
bool is_array_device(const std::string& device);

/// The arrays that a network is to run on.
struct ArrayChoice {
  std::string device;       ///< PRESET[,key=value...]
  std::string calibration;  ///< pictures that converters find their ranges with; empty: the file says them
  PictureOptions pictures;  ///< what pixels mean where the file does not say it, what size it leaves open
};

/// What stands behind "cim:". Throws Error(Fault::usage) where nothing does; lists the presets.
std::string arrays_of_device(const std::string& device);

/// A network and the arrays that it is to run on.
struct ArrayWork {
  quant::Graph graph;  ///< in real numbers, one picture
  quant::Metadata metadata;
  quant::cim::ArrayDevice device;
  quant::cim::Settings settings;
  std::string ranges;    ///< where the converters' ranges are from
  quant::Graph as_read;  ///< with what a quantized file says of its values
};

/// So many pictures are what ranges are found with.
inline constexpr int64_t kCalibrationPictures = 64;

/// Up to `most` of the choice's pictures, as the network takes them. Throws Error(Fault::usage) where there are none,
/// or nothing says what pixels mean.
quant::CalibrationImages calibration_pictures(const ArrayWork& work, const ArrayChoice& choice, int64_t most);

/// Reads them. Throws Error: no such preset or a wrong key, integers only, no ranges (usage), a damaged file (input).
ArrayWork read_array_work(const std::string& file, const ArrayChoice& choice);

}  // namespace flashcell::host
