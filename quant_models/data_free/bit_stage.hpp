#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "quant_models/data_free/run_folder.hpp"
#include "quant_models/report/data_free_run.hpp"
#include "quant_models/search/mixed_precision.hpp"

namespace flashcell::quant {

/// Gives what layers take, for every pair of choices, where networks are quantized by such options and pictures.
using MeasuredTimes = std::function<LayerTimes(const Graph& real, const PlanData& data,
                                               const PostTrainingOptions& quantization, const BitChoices& choices)>;

/// How the bits of each layer are searched.
struct BitSearch {
  PerturbationModel model = PerturbationModel::htq;
  std::string choices;               ///< as parse_bit_choices() reads it; empty: what suits the network
  std::vector<std::string> budgets;  ///< as they were asked for, for people
  std::vector<SearchLimit> limits;   ///< what they mean
  MeasuredTimes times;               ///< empty: time is no axis
};

/// What a search came to.
struct ChosenBits {
  std::map<std::string, NodeBits> node_bits;
  BitFront front;
};

/// search_bits() as the stage "bits" of a run: gradients of the network on the images, the front, the choice. Throws
/// what search_bits() and RunFolder::stage() throw.
ChosenBits choose_bits(const RunFolder& folder, uint64_t fingerprint, const Graph& real, const PlanData& data,
                       const PostTrainingOptions& quantization, const BitSearch& search, uint64_t seed,
                       const PlanProgress& progress);

}  // namespace flashcell::quant
