#include "quant_models/search/mixed_precision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "quant_models/graph/output_tail.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/search/published_front.hpp"

namespace flashcell::quant {
namespace {

/// Images spread over those given.
struct Sample {
  std::vector<float> images;
  int64_t count = 0;
};

Sample spread(const PlanData& data, int64_t most) {
  Sample sample{{}, std::min(data.count, most)};
  const auto each = static_cast<int64_t>(data.images.size()) / data.count;
  for (int64_t i = 0; i < sample.count; ++i) {
    const auto image =
        data.images.subspan(static_cast<size_t>(i * data.count / sample.count * each), static_cast<size_t>(each));
    sample.images.insert(sample.images.end(), image.begin(), image.end());
  }
  return sample;
}

Sensitivities sensitivities(const Graph& real, const MixedPrecisionOptions& options, GradientMeasure measure) {
  if (!options.sensitivities) throw std::invalid_argument("search_bits: this perturbation needs gradients");
  return options.sensitivities(real, measure);
}

PerturbationTable perturbations(const PerturbationInput& input, std::span<const SearchGroup> groups,
                                const MixedPrecisionOptions& options, const PlanProgress& progress) {
  switch (options.model) {
    case PerturbationModel::htq:
      return weighted(input.real, rounding_errors(input, groups, options.choices),
                      sensitivities(input.real, options, GradientMeasure::connection));
    case PerturbationModel::hawq: {
      PerturbationTable errors = rounding_errors(input, groups, options.choices);
      errors.values.clear();
      return weighted(input.real, std::move(errors),
                      sensitivities(input.real, options, GradientMeasure::hessian_trace));
    }
    case PerturbationModel::published:
      return published_perturbations(input.real, groups, options.choices,
                                     sensitivities(input.real, options, GradientMeasure::fresh_connection));
    case PerturbationModel::sqnr: {
      const Sample sample = spread({input.images, input.count}, options.most_images);
      PerturbationInput fewer{input.real, sample.images, sample.count, input.statistics, input.options};
      return output_noise(fewer, groups, options.choices, [&](size_t done, size_t all) {
        progress(fmt::format("measuring the noise of choice {} of {}", done + 1, all));
      });
    }
  }
  throw std::invalid_argument("search_bits: no such model");
}

// In the units that people say budgets in; what time is measured in is the caller's.
std::string limit_text(const SearchLimit& limit, double least) {
  const auto text = [&](const char* what, double unit, const char* name) {
    return fmt::format(" {} of at most {:.4g}{}, the least possible is {:.4g}{};", what, limit.most / unit, name,
                       least / unit, name);
  };
  switch (limit.axis) {
    case SearchAxis::weight_bits:
      return text("weights", 8 * 1024 * 1024, " MB");
    case SearchAxis::bit_operations:
      return text("bit operations", 1e9, " GBOPs");
    case SearchAxis::time:
      return text("time", 1, "");
    case SearchAxis::perturbation:
      break;
  }
  return text("perturbation", 1, "");
}

[[noreturn]] void refuse_limits(const MixedPrecision& found, const std::vector<SearchLimit>& limits) {
  std::string text = "no choice of bits keeps the budget:";
  for (const SearchLimit& limit : limits) {
    double least = along(found.front.costs(0), limit.axis);
    for (size_t i = 1; i < found.front.size(); ++i) least = std::min(least, along(found.front.costs(i), limit.axis));
    text += limit_text(limit, least);
  }
  throw ModelError(text + " allow more, or fewer bits with --choices");
}

// Without a budget: what the outputs bear, measured with the bits of all layers together.
std::vector<size_t> choose_quiet(const MixedPrecision& found, const PerturbationInput& input, double most_noise,
                                 const PlanProgress& progress) {
  constexpr int64_t kMostImages = 16;
  const Sample sample = spread({input.images, input.count}, kMostImages);
  const PerturbationInput fewer{input.real, sample.images, sample.count, input.statistics, input.options};
  const OutputNoise noise(fewer);
  const auto measure = [&](size_t point) {
    progress("measuring the noise of a choice");
    PostTrainingOptions mixed = input.options;
    mixed.node_bits = node_bits_of(found.groups, found.decisions, found.front.options(point));
    return noise(remove_output_tail(quantize_values(quantize_weights(input.real, mixed), input.statistics, mixed)));
  };
  return found.front.options(quiet_point(found.front, measure, most_noise));
}

std::vector<size_t> choose_within(const MixedPrecision& found, const std::vector<SearchLimit>& limits) {
  // A front that had to be thinned may miss the best point; under a single limit it is found without it.
  if (limits.size() == 1 && !found.front.exact())
    if (const auto best = minimize_perturbation(found.decisions, limits[0])) return *best;
  const std::optional<size_t> best = least_perturbation(found.front, limits);
  if (!best) refuse_limits(found, limits);
  return found.front.options(*best);
}

std::vector<UniformSetting> uniform_settings(std::span<const SearchGroup> groups, const BitChoices& choices,
                                             const PerturbationTable& table, const LayerTimes& times) {
  std::vector<UniformSetting> all;
  for (const int weights : choices.weights)
    for (const int values : choices.values)
      all.push_back({weights, values, uniform_costs(groups, weights, values, table, times)});
  return all;
}

}  // namespace

MixedPrecision search_bits(const Graph& real, const PlanData& data, const PostTrainingOptions& quantization,
                           const MixedPrecisionOptions& options, const PlanProgress& progress) {
  const PlanProgress hears = progress ? progress : [](const std::string&) {};
  hears(fmt::format("looking at values of {} images", data.count));
  const std::map<NodeId, Statistics> statistics = collect_statistics(real, data.images, data.count);
  const Graph uniform = quantize_values(quantize_weights(real, quantization), statistics, quantization);
  MixedPrecision found{
      find_search_groups(uniform, activation_values(real, quantization)), {}, {{}, {}}, {}, {}, {}, {}, 0};
  if (found.groups.empty()) throw ModelError("the network has no layer with weights: there are no bits to choose");
  BitChoices choices = options.choices;
  choices.tied = options.model == PerturbationModel::hawq;
  hears("measuring what each choice of bits costs");
  const PerturbationInput input{real, data.images, data.count, statistics, quantization};
  const PerturbationTable table = perturbations(input, found.groups, options, hears);
  const LayerTimes times = options.times ? options.times(real, choices) : LayerTimes{};
  found.decisions = make_decisions(real, found.groups, choices, table, times);
  hears("searching the front");
  found.front = options.model == PerturbationModel::published ? published_front(found.decisions, options.front)
                                                              : find_front(found.decisions, options.front);
  found.other_time = times.rest;
  found.uniform = uniform_settings(found.groups, choices, table, times);
  std::vector<SearchLimit> limits = options.limits;
  for (SearchLimit& limit : limits)
    if (limit.axis == SearchAxis::time) limit.most -= static_cast<double>(times.rest);
  found.chosen = limits.empty() ? choose_quiet(found, input, options.most_noise, hears) : choose_within(found, limits);
  found.costs = costs_of(found.decisions, found.chosen);
  found.node_bits = node_bits_of(found.groups, found.decisions, found.chosen);
  return found;
}

Pass mixed_precision_pass(const PostTrainingOptions& quantization, const MixedPrecisionOptions& options,
                          std::function<void(MixedPrecision)> hear) {
  return [=](PlanState& state, const PlanProgress& progress) {
    MixedPrecision found = search_bits(state.real, state.data, quantization, options, progress);
    PostTrainingOptions mixed = quantization;
    mixed.node_bits = found.node_bits;
    post_training_pass(mixed)(state, progress);
    state.steps.push_back(fmt::format(
        "bits of each layer chosen by {}: weights {:.3f} MB, {:.4g} giga bit operations, out of {} points{}",
        name_in(kPerturbationModelNames, options.model), static_cast<double>(found.costs.weight_bits) / 8 / (1 << 20),
        static_cast<double>(found.costs.bit_operations) * 1e-9, found.front.size(),
        found.front.exact() ? "" : ", thinned out"));
    if (hear) hear(std::move(found));
  };
}

}  // namespace flashcell::quant
