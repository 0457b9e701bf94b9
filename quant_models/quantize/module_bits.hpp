#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "quant_models/calibrate/calibrator.hpp"
#include "quant_models/graph/graph.hpp"

// Bits of weights by module (graph/shared_weights.hpp), each as few as it stands: how sensitive a network is to them,
// and what that leads to (Ichikawa et al., REM-CiM, IEICE Trans. Electronics 2024: low-bit quantization with clipping).
namespace flashcell::quant {

/// How bad a network is, the larger the worse: 1 - mAP, or the error of its outputs.
using NetworkLoss = std::function<double(const Graph& network)>;

struct ModuleBitsOptions {
  std::vector<int> bits = {2, 3, 4, 5, 6, 8};                                     ///< that are tried, rising
  WeightOptions weights = {.per_channel = false, .calibrator = Calibrator::mse};  ///< but for their bits
  double budget = 0.01;  ///< of the loss, on top of the real network's, for all modules together
};

/// One row of the table.
struct ModuleSensitivity {
  std::string module;
  int64_t weights = 0;         ///< those that layers share once
  std::vector<double> losses;  ///< added to the real network's by this module alone, for each of the bits
};

struct ModuleBits {
  double real_loss = 0;
  std::vector<int> bits;
  std::vector<ModuleSensitivity> modules;
  std::map<std::string, int> chosen;  ///< by module
  double predicted = 0;               ///< what the chosen ones add up to
  double bits_per_weight = 0;         ///< of all weights, chosen
};

/// The network with the weights of its layers symmetrically clipped and quantized, as pairs of cells hold them; of
/// modules that have no bits: as they are. Scales are those of `weights`.
Graph quantize_modules(Graph graph, const std::map<std::string, int>& bits, const WeightOptions& weights);

/// Measures `loss` with one module quantized at a time, and takes the bits that cost the least memory whose losses,
/// added up, stay within the budget (of equals those that add up to less): exact, all combinations are looked at. Where
/// none does, all modules have the most bits. Losses below the real network's count as nothing.
/// Throws std::invalid_argument for bits that do not rise or are not 2 to 8, and more than 10^7 combinations.
ModuleBits choose_module_bits(const Graph& graph, const ModuleBitsOptions& options, const NetworkLoss& loss);

}  // namespace flashcell::quant
