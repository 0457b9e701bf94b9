#include "quant_models/data_free/bit_stage.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "quant_models/search/members.hpp"
#include "quant_models/train/gradient_sensitivity.hpp"

namespace flashcell::quant {
namespace {

using nlohmann::json;

// That are shown; a front may have a million.
constexpr size_t kMostPoints = 2000;

json json_of(const SearchCosts& costs, const std::vector<int>& bits) {
  return {{"perturbation", costs.perturbation},
          {"weight_bits", costs.weight_bits},
          {"bit_operations", costs.bit_operations},
          {"bits", bits}};
}

FrontPoint point_in(const json& point) {
  return {point.at("perturbation").get<double>(), point.at("weight_bits").get<int64_t>(),
          point.at("bit_operations").get<int64_t>(), point.at("bits").get<std::vector<int>>()};
}

json json_of(const MixedPrecision& found) {
  json result = {{"members", member_names(found)}, {"all_points", found.front.size()},
                 {"exact", found.front.exact()},   {"chosen", json_of(found.costs, bits_of(found, found.chosen))},
                 {"points", json::array()},        {"uniform", json::array()},
                 {"nodes", json::object()}};
  const size_t shown = std::min(found.front.size(), kMostPoints);
  for (size_t i = 0; i < shown; ++i) {
    const size_t point = i * found.front.size() / shown;
    result["points"].push_back(json_of(found.front.costs(point), bits_of(found, found.front.options(point))));
  }
  for (const UniformSetting& setting : found.uniform)
    result["uniform"].push_back(
        {{"weights", setting.weight_bits}, {"values", setting.value_bits}, {"costs", json_of(setting.costs, {})}});
  for (const auto& [node, bits] : found.node_bits) result["nodes"][node] = {bits.weights, bits.value};
  return result;
}

ChosenBits chosen_in(const json& result, const BitSearch& search) {
  ChosenBits chosen;
  for (const auto& [node, bits] : result.at("nodes").items())
    chosen.node_bits[node] = {bits.at(0).get<int>(), bits.at(1).get<int>()};
  BitFront& front = chosen.front;
  front.judged_by = name_in(kPerturbationModelNames, search.model);
  front.budgets = search.budgets;
  front.members = result.at("members").get<std::vector<std::string>>();
  front.all_points = result.at("all_points").get<size_t>();
  front.exact = result.at("exact").get<bool>();
  for (const json& point : result.at("points")) front.points.push_back(point_in(point));
  const FrontPoint own = point_in(result.at("chosen"));
  const auto found =
      std::find_if(front.points.begin(), front.points.end(), [&](const FrontPoint& p) { return p.bits == own.bits; });
  front.chosen = static_cast<size_t>(found - front.points.begin());
  if (found == front.points.end()) front.points.push_back(own);
  for (const json& each : result.at("uniform"))
    front.uniform.push_back({each.at("weights").get<int>(), each.at("values").get<int>(), point_in(each.at("costs"))});
  return chosen;
}

}  // namespace

ChosenBits choose_bits(const RunFolder& folder, uint64_t fingerprint, const Graph& real, const PlanData& data,
                       const PostTrainingOptions& quantization, const BitSearch& search, uint64_t seed,
                       const PlanProgress& progress) {
  const json result = folder.stage("bits", fingerprint, [&] {
    MixedPrecisionOptions options;
    options.model = search.model;
    options.choices = parse_bit_choices(search.choices);
    options.limits = search.limits;
    if (search.times)
      options.times = [&](const Graph& graph, const BitChoices& choices) {
        return search.times(graph, data, quantization, choices);
      };
    options.sensitivities = [&](const Graph& graph, GradientMeasure measure) {
      progress("what each layer matters, by gradients");
      return gradient_sensitivities(graph, data.images, data.count, {.measure = measure, .seed = seed});
    };
    return json_of(search_bits(real, data, quantization, options, progress));
  });
  return chosen_in(result, search);
}

}  // namespace flashcell::quant
