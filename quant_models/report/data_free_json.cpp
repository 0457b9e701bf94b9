#include <cmath>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "quant_models/report/data_free_run.hpp"

namespace flashcell::quant {
namespace {

using OrderedJson = nlohmann::ordered_json;

OrderedJson json_of(const NetworkSize& size) {
  return {{"parameters", size.parameters},
          {"parameter_bits", size.parameter_bits},
          {"value_bits", size.value_bits},
          {"macs", size.macs},
          {"bit_operations", size.bit_operations}};
}

OrderedJson json_of(const FrontPoint& point) {
  OrderedJson json = {{"perturbation", point.perturbation},
                      {"weight_bits", point.weight_bits},
                      {"bit_operations", point.bit_operations}};
  if (!point.bits.empty()) json["bits"] = point.bits;
  return json;
}

OrderedJson json_of(const BitFront& front) {
  OrderedJson json = {{"judged_by", front.judged_by},  {"budgets", front.budgets},       {"members", front.members},
                      {"points", front.all_points},    {"exact", front.exact},           {"chosen", front.chosen},
                      {"front", OrderedJson::array()}, {"uniform", OrderedJson::array()}};
  for (const FrontPoint& point : front.points) json["front"].push_back(json_of(point));
  for (const UniformPoint& point : front.uniform) {
    OrderedJson each = {{"weights", point.weight_bits}, {"activations", point.value_bits}};
    each.update(json_of(point.costs));
    json["uniform"].push_back(std::move(each));
  }
  return json;
}

OrderedJson json_of(const TestFigures& test) {
  OrderedJson json = {
      {"data", test.data}, {"pictures", test.pictures}, {"accuracy_real", test.real}, {"accuracy", test.quantized}};
  if (test.integer) json["accuracy_integer"] = *test.integer;
  return json;
}

OrderedJson json_of(const std::vector<ValueError>& errors) {
  OrderedJson json = OrderedJson::array();
  for (const ValueError& e : errors)
    json.push_back({{"name", e.name},
                    {"layer", e.layer},
                    {"weight_bits", e.weight_bits},
                    {"value_bits", e.value_bits},
                    {"sqnr_db", std::isfinite(e.sqnr_db) ? OrderedJson(e.sqnr_db) : OrderedJson()},
                    {"cosine", e.cosine}});
  return json;
}

}  // namespace

std::string to_json(const DataFreeRun& run) {
  OrderedJson json = {{"network", run.network},
                      {"family", run.family},
                      {"method", run.method},
                      {"steps", run.steps},
                      {"commands", run.commands},
                      {"seed", run.seed},
                      {"images", run.images},
                      {"distill_steps", run.distill_steps},
                      {"generator_steps", run.generator_steps},
                      {"training_steps", run.training_steps},
                      {"seconds", run.seconds},
                      {"cpu_minutes", run.cpu_minutes},
                      {"size_real", json_of(run.real_size)},
                      {"size", json_of(run.quantized_size)}};
  if (!run.assumed.empty()) json["assumed"] = run.assumed;
  if (!run.refused.empty()) json["engine_refuses"] = run.refused;
  if (run.test) json["test"] = json_of(*run.test);
  if (run.front) json["bits"] = json_of(*run.front);
  json["picture_losses"] = run.picture_losses;
  json["training_losses"] = run.training_losses;
  json["error_images"] = run.error_images;
  json["values"] = json_of(run.errors);
  for (const DensityCurve& curve : run.similarities)
    json["patch_similarity"].push_back({{"pictures", curve.name}, {"similarity", curve.x}, {"density", curve.density}});
  return json_text(json) + "\n";
}

}  // namespace flashcell::quant
