#include "host/app/mixed_precision.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "host/app/training_work.hpp"
#include "host/quantization/budget.hpp"
#include "host/quantization/layer_times.hpp"
#include "kernels_hls/contract/board.hpp"
#include "quant_models/search/members.hpp"

namespace flashcell::app {
namespace {

using quant::SearchAxis;
using quant::SearchLimit;

nlohmann::ordered_json to_json(const quant::SearchCosts& costs) {
  nlohmann::ordered_json json = {{"perturbation", costs.perturbation},
                                 {"weight_bits", costs.weight_bits},
                                 {"bit_operations", costs.bit_operations}};
  if (costs.time > 0) json["time"] = costs.time;
  return json;
}

std::string quoted(const std::string& name) {
  std::string text(1, '"');
  for (const char c : name) text.append(c == '"' ? 2 : 1, c);
  text.push_back('"');
  return text;
}

}  // namespace

MixedOptions with_defaults(MixedOptions options) {
  if (options.choices.empty()) options.choices = kUsualChoices;
  if (options.sensitivity.empty())
    options.sensitivity = name_in(quant::kPerturbationModelNames, quant::PerturbationModel::sqnr);
  return options;
}

void add_mixed_options(Command& command, MixedOptions& options, HandedOn& data_free) {
  command.add_flag("--mixed", options.wanted,
                   "Choose the bits of each layer: the best trade of accuracy, memory and bit operations");
  data_free
      .also(command.add_option("--budget", options.budgets,
                               "The most that it may take, as 0.2MB (weights, 2^20 bytes), 1.5GBOPs "
                               "(multiply-accumulates x bits x bits), 300us or 2000fps (--time); several may be given"))
      .one_value_each();
  data_free.also(command.add_option("--choices", options.choices,
                                    "Bits of weights and activations to choose from; w:2,4,8;a:4,8 unless stated"));
  data_free
      .also(command.add_option(
          "--sensitivity", options.sensitivity,
          "How a choice is judged. sqnr: the noise at the outputs that it alone makes; htq, hawq, paper: by "
          "gradients, which need libtorch. Unless stated sqnr, with --data-free htq"))
      .one_of(names_in(quant::kPerturbationModelNames));
  data_free.also(command.add_option("--time", options.time,
                                    "Time as a fourth axis: cpu (measured here) or a board's name (clocks of its "
                                    "kernel)"));
}

quant::MixedPrecisionOptions search_options(const MixedOptions& options, const quant::PlanData& data,
                                            const quant::PostTrainingOptions& quantization) {
  quant::MixedPrecisionOptions search;
  search.model = value_in(quant::kPerturbationModelNames, options.sensitivity).value();
  search.choices = host::parse_choices(options.choices);
  const contract::Board* board = options.time.empty() ? nullptr : host::time_board(options.time);
  for (const std::string& budget : options.budgets) search.limits.push_back(host::parse_budget(budget, board));
  search.sensitivities = [data, seed = options.seed](const quant::Graph& real, quant::GradientMeasure measure) {
    return gradients_of(real, data, measure, seed);
  };
  if (options.time.empty() && !host::bounds_time(search.limits)) return search;
  search.times = [board, data, quantization](const quant::Graph& real, const quant::BitChoices& choices) {
    return host::measure_layer_times(real, data, quantization, choices, board == nullptr);
  };
  return search;
}

nlohmann::ordered_json to_json(const quant::MixedPrecision& found, const MixedOptions& options) {
  const quant::ParetoFront& front = found.front;
  nlohmann::ordered_json json = {
      {"sensitivity", options.sensitivity},    {"choices", options.choices}, {"budgets", options.budgets},
      {"members", quant::member_names(found)}, {"points", front.size()},     {"exact", front.exact()}};
  if (!front.exact()) json["slack"] = to_json(front.slack());
  if (found.other_time > 0) json["time_of_other_layers"] = found.other_time;
  json["chosen"] = to_json(found.costs);
  json["chosen"]["bits"] = quant::bits_of(found, found.chosen);
  for (const quant::UniformSetting& setting : found.uniform) {
    nlohmann::ordered_json each = {{"weights", setting.weight_bits}, {"activations", setting.value_bits}};
    each.update(to_json(setting.costs));
    json["uniform"].push_back(std::move(each));
  }
  for (const quant::Decision& decision : found.decisions) {
    nlohmann::ordered_json ways;
    for (const quant::DecisionOption& option : decision.options) {
      ways.push_back({{"bits", option.bits}});
      ways.back().update(to_json(option.costs));
    }
    json["decisions"].push_back({{"members", decision.members}, {"options", std::move(ways)}});
  }
  json["front"] = nlohmann::ordered_json::array();
  for (size_t i = 0; i < front.size() && front.size() <= kMostListed; ++i) {
    json["front"].push_back(to_json(front.costs(i)));
    json["front"].back()["bits"] = quant::bits_of(found, front.options(i));
  }
  return json;
}

std::string front_csv(const quant::MixedPrecision& found) {
  std::string text = "perturbation,weight_bits,bit_operations,time";
  for (const std::string& name : quant::member_names(found)) text += fmt::format(",{}", quoted(name));
  text += "\n";
  for (size_t i = 0; i < found.front.size(); ++i) {
    const quant::SearchCosts& c = found.front.costs(i);
    text += fmt::format("{:.17g},{},{},{}", c.perturbation, c.weight_bits, c.bit_operations, c.time);
    for (const int bits : quant::bits_of(found, found.front.options(i))) text += fmt::format(",{}", bits);
    text += "\n";
  }
  return text;
}

}  // namespace flashcell::app
