#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "quant_models/quantize/plan.hpp"
#include "quant_models/search/choose_point.hpp"
#include "quant_models/search/perturbation.hpp"

// Which bits for which layer: perturbation, memory of weights and bit operations weighed against each other.
namespace flashcell::quant {

/// What a choice's perturbation is taken to be.
enum class PerturbationModel {
  htq,        ///< sum of S_w ||Q(W) - W||^2 and S_a ||Q(A) - A||^2, S by GradientMeasure::connection; the exact front
  hawq,       ///< mean Hessian trace x ||Q(W) - W||^2; a layer's weights and input have the same bits (HAWQ-V3)
  published,  ///< HTQ as its public code has it: fresh_connection, published_perturbations(), published_front()
  sqnr,       ///< noise over power at the outputs, each choice alone: output_noise(). Needs no gradients
};

inline constexpr NamedValue<PerturbationModel> kPerturbationModelNames[] = {{PerturbationModel::htq, "htq"},
                                                                            {PerturbationModel::hawq, "hawq"},
                                                                            {PerturbationModel::published, "paper"},
                                                                            {PerturbationModel::sqnr, "sqnr"}};

/// Gives what gradients say of the network; the images are those that the search sees.
using SensitivitySource = std::function<Sensitivities(const Graph& real, GradientMeasure measure)>;
/// Gives what layers take, for every pair of choices.
using TimeSource = std::function<LayerTimes(const Graph& real, const BitChoices& choices)>;

/// Of outputs in which a tenth of the power is noise (10 dB) one class in ten or so is another one, which training
/// mends; with weights of 2 bits throughout there is more noise than signal.
inline constexpr double kMostNoise = 0.1;

struct MixedPrecisionOptions {
  PerturbationModel model = PerturbationModel::sqnr;
  BitChoices choices;
  std::vector<SearchLimit> limits;  ///< none: quiet_point(), the nearest to the utopia point that most_noise allows
  double most_noise = kMostNoise;   ///< over the power of the outputs, on the images: OutputNoise
  FrontOptions front;
  SensitivitySource sensitivities;  ///< may be empty for sqnr only
  TimeSource times;                 ///< empty: three axes
  int64_t most_images = 64;         ///< of those given, spread evenly, to measure output_noise() with
};

/// One number of bits for all weights, one for all chosen values.
struct UniformSetting {
  int weight_bits = 0, value_bits = 0;
  SearchCosts costs;
};

struct MixedPrecision {
  std::vector<SearchGroup> groups;
  std::vector<Decision> decisions;
  ParetoFront front;
  std::vector<size_t> chosen;           ///< option of each decision
  SearchCosts costs;                    ///< of what is chosen
  std::vector<UniformSetting> uniform;  ///< every pair of choices, to compare with
  std::map<std::string, NodeBits> node_bits;
  int64_t other_time = 0;  ///< LayerTimes::rest
};

/// Searches the bits of a simplified network in real numbers. Equal arguments give equal results, as far as `times`
/// does. Throws ModelError where no way keeps the limits (says how close one comes), where nothing can be chosen, and
/// what the sources throw.
MixedPrecision search_bits(const Graph& real, const PlanData& data, const PostTrainingOptions& quantization,
                           const MixedPrecisionOptions& options, const PlanProgress& progress = {});

/// Post-training quantization with searched bits; `found` gets what the search found.
Pass mixed_precision_pass(const PostTrainingOptions& quantization, const MixedPrecisionOptions& options,
                          std::function<void(MixedPrecision)> found);

}  // namespace flashcell::quant
