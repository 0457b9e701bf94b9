#pragma once
#include <string>

#include "quant_models/recurrent/sequences.hpp"

namespace flashcell::app {

/// A folder that `flashcell synth gestures` wrote (labels.csv with the columns file and label, recordings of 128x128
/// pixels beside it) in bins. Of each class every fifth recording, the first first, is to test with. Throws
/// Error(Fault::input): what is missing or damaged, a label that is none of the eleven, a class that is only tested.
quant::SequenceSet read_gestures(const std::string& folder, const quant::EventBins& bins);

}  // namespace flashcell::app
