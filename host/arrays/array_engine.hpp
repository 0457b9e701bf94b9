#pragma once
#include <string>

#include "host/arrays/array_work.hpp"
#include "host/inference/network_engine.hpp"

namespace flashcell::host {

/// Engines that compute a packed model's network on emulated arrays: its stored inputs become real numbers, pass
/// through the arrays, and are stored as the model stores its outputs. All of them share one chip, which is programmed
/// here: the same items give the same bytes, for any number of engines.
///
/// `file`: the model's .fcnn; the network in real numbers is the .onnx file beside it. Throws Error: there is none, or
/// another network's (input), arrays that do not fit (usage).
EngineFactory make_array_engines(const std::string& file, const quant::PackedModel& model, const ArrayChoice& choice,
                                 uint64_t seed);

/// The .onnx file beside a .fcnn file.
std::string real_network_beside(const std::string& file);

}  // namespace flashcell::host
