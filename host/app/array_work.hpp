#pragma once
#include <string>

#include "host/app/network_run.hpp"
#include "quant_models/cim/array_network.hpp"

namespace flashcell::app {

/// "cim" or "cim:...".
bool is_array_device(const std::string& device);

/// A network and the arrays that it is to run on.
struct ArrayWork {
  quant::Graph graph;  ///< in real numbers, one picture
  quant::Metadata metadata;
  quant::cim::Device device;
  quant::cim::Settings settings;
  std::string ranges;  ///< where the converters' ranges are from
};

/// Reads them; `choice.device` is cim:PRESET[,key=value...], ranges come from choice.calibration, else from the file.
/// Throws Error: no such preset or a wrong key, integers only, no ranges (usage), a damaged file (input).
ArrayWork read_array_work(const std::string& file, const RunChoice& choice);

}  // namespace flashcell::app
