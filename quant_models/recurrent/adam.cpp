#include "quant_models/recurrent/adam.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::quant {
namespace {

constexpr float kKeepFirst = 0.9F, kKeepSecond = 0.999F, kSmallest = 1e-8F;

double norm(RecurrentNetwork& gradients) {
  double sum = 0;
  for (const LearnedNumbers& p : parameters_of(gradients))
    for (const float g : *p.numbers) sum += double{g} * double{g};
  return std::sqrt(sum);
}

struct Rates {
  float rate, root_correction, decay, scale;
};

void update(std::vector<float>& numbers, const std::vector<float>& gradients, std::vector<float>& first,
            std::vector<float>& second, const Rates& r, bool keep_zeros) {
  for (size_t i = 0; i < numbers.size(); ++i) {
    const float g = gradients[i] * r.scale;
    first[i] = kKeepFirst * first[i] + (1 - kKeepFirst) * g;
    second[i] = kKeepSecond * second[i] + (1 - kKeepSecond) * g * g;
    const float moved =
        numbers[i] - r.decay * numbers[i] - r.rate * first[i] / (std::sqrt(second[i]) * r.root_correction + kSmallest);
    numbers[i] = keep_zeros && numbers[i] == 0 ? 0.0F : moved;
  }
}

}  // namespace

void Adam::step(RecurrentNetwork& network, RecurrentNetwork& gradients, int64_t step, double learning_rate,
                const AdamOptions& options) {
  const auto t = static_cast<double>(step + 1);
  const double size = options.clip > 0 ? norm(gradients) : 0;
  const double scale = size > options.clip && options.clip > 0 ? options.clip / size : 1;
  const auto rate = static_cast<float>(learning_rate / (1 - std::pow(double{kKeepFirst}, t)));
  const auto correction = static_cast<float>(1 / std::sqrt(1 - std::pow(double{kKeepSecond}, t)));
  const auto decay = static_cast<float>(learning_rate * options.weight_decay);
  const auto parameters = parameters_of(network), slopes = parameters_of(gradients), first = parameters_of(first_),
             second = parameters_of(second_);
  for (size_t i = 0; i < parameters.size(); ++i) {
    const LearnedNumbers::Kind kind = parameters[i].kind;
    const bool thresholds = kind == LearnedNumbers::Kind::thresholds;
    if (thresholds && !options.train_thresholds) continue;
    const bool decays = kind == LearnedNumbers::Kind::weights || kind == LearnedNumbers::Kind::embedding;
    update(*parameters[i].numbers, *slopes[i].numbers, *first[i].numbers, *second[i].numbers,
           {rate, correction, decays ? decay : 0.0F, static_cast<float>(scale)},
           options.keep_zeros && kind == LearnedNumbers::Kind::weights);
    if (!thresholds) continue;
    for (float& threshold : *parameters[i].numbers) threshold = std::clamp(threshold, 0.0F, 1.0F);
  }
}

}  // namespace flashcell::quant
