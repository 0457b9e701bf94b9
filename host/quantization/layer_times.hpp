#pragma once
#include "quant_models/quantize/plan.hpp"
#include "quant_models/search/search_space.hpp"

namespace flashcell::host {

/// What each layer takes of one image when all weights and chosen values have the bits of one pair of choices: on this
/// processor, in nanoseconds, the fastest of several runs of the engine; or in clocks of kernel qcnn
/// (packed/kernel_cycles.hpp). Throws quant::ModelError for a network or bits that the engine does not take.
quant::LayerTimes measure_layer_times(const quant::Graph& real, const quant::PlanData& data,
                                      const quant::PostTrainingOptions& quantization, const quant::BitChoices& choices,
                                      bool on_this_processor);

}  // namespace flashcell::host
