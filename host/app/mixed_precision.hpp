#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/app/command.hpp"
#include "host/app/training_program.hpp"
#include "quant_models/search/mixed_precision.hpp"

namespace flashcell::app {

inline constexpr const char* kUsualChoices = "w:2,4,8;a:4,8";

/// What `flashcell quantize` is told of mixed precision.
struct MixedOptions {
  bool wanted = false;
  std::string choices, sensitivity, time;  ///< empty: kUsualChoices, sqnr, not looked at
  std::vector<std::string> budgets;
  uint64_t seed = 1;
};

/// What is not said filled in.
MixedOptions with_defaults(MixedOptions options);

/// `data_free`: gets those that `--data-free` has, too.
void add_mixed_options(Command& command, MixedOptions& options, HandedOn& data_free);

/// What the search is to do. `data`: what the plan shows the network; must outlive it. Throws Error(Fault::usage) for
/// budgets and boards that make no sense.
quant::MixedPrecisionOptions search_options(const MixedOptions& options, const quant::PlanData& data,
                                            const quant::PostTrainingOptions& quantization);

/// "bits": what was searched and found; all points of a front up to kMostListed, the rest in front.csv.
inline constexpr size_t kMostListed = 5000;
nlohmann::ordered_json to_json(const quant::MixedPrecision& found, const MixedOptions& options);

/// Every point of the front: a line with its costs and the bits of every member.
std::string front_csv(const quant::MixedPrecision& found);

}  // namespace flashcell::app
