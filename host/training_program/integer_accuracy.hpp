#pragma once
#include "quant_models/data_free/options.hpp"

namespace flashcell {

/// Share of pictures whose largest output of the engine, of equals the first, is their class. Throws
/// Error(Fault::input) for a model that is no classifier of one image.
double integer_accuracy(const quant::PackedModel& model, const quant::LabelledInputs& pictures);

}  // namespace flashcell
