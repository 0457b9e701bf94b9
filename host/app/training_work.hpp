#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "quant_models/quantize/plan.hpp"
#include "quant_models/search/sensitivity.hpp"

namespace flashcell::app {

// What flashcell_train, which lies beside this program, works out for it. It gets the network and images as files in a
// temporary folder, which is removed. All throw Error(Fault::usage) where it was not built, Error(Fault::input) where
// it fails; what it says goes to standard error.

/// What gradients say of a network.
quant::Sensitivities gradients_of(const quant::Graph& real, const quant::PlanData& data, quant::GradientMeasure measure,
                                  uint64_t seed);

/// What one of its commands ("ternary", "prune") with these options makes of a network.
quant::Graph retrained(const std::string& command, const std::vector<std::string>& options, const quant::Graph& real,
                       const quant::PlanData& data);

}  // namespace flashcell::app
