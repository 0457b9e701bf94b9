#pragma once
#include <string>

#include "quant_models/manycore/machine.hpp"

namespace flashcell::quant::manycore {

/// What a chip map shows.
enum class MapOf { load, memory, traffic };

/// The chips with their elements as inline SVG: of one chip each element, of many each node. Values are shown as
/// strength of colour and, where the pointer rests, as text.
std::string chip_map(const MachineRun& run, MapOf what);
/// What the strongest colour stands for, as the end of a line.
std::string scale_text(const MachineRun& run, MapOf what);

}  // namespace flashcell::quant::manycore
