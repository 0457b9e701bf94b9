#include "host/app/quantize_report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace flashcell::app {
namespace {

// Values that are stored: what people may want to give more bits.
std::vector<quant::ValueError> weakest(const QuantizeReport& report, size_t most) {
  std::vector<quant::ValueError> stored;
  std::copy_if(report.values.begin(), report.values.end(), std::back_inserter(stored),
               [](const quant::ValueError& e) { return e.value_bits > 0; });
  std::stable_sort(stored.begin(), stored.end(),
                   [](const quant::ValueError& a, const quant::ValueError& b) { return a.sqnr_db < b.sqnr_db; });
  stored.resize(std::min(most, stored.size()));
  return stored;
}

std::string engine_text(const quant::ModelSummary& e) {
  return fmt::format(
      "engine: {} layers, {} multiply-accumulates, {} bytes of weights and parameters, {} bytes of values\n",
      e.layers.size(), e.multiply_accumulates, (e.weight_bits + e.parameter_bits + 7) / 8, (e.arena_bits + 7) / 8);
}

}  // namespace

std::string short_text(const QuantizeReport& report) {
  std::string text = fmt::format("{}, on {}\n", report.model, report.data);
  for (const std::string& step : report.steps) text += "  " + step + "\n";
  if (!report.values.empty()) {
    const quant::ValueError& last = report.values.back();
    text += fmt::format("output: SQNR {:.1f} dB, cosine {:.6f}", last.sqnr_db, last.cosine);
    if (report.same_class)
      text += fmt::format(", the same class in {} of {} images", *report.same_class, report.images);
    text += "\nweakest:";
    for (const quant::ValueError& e : weakest(report, 3)) text += fmt::format("  {} {:.1f} dB", e.name, e.sqnr_db);
    text += "\n";
  }
  if (report.engine) text += engine_text(*report.engine);
  return text;
}

std::string full_text(const QuantizeReport& report) {
  return short_text(report) + "\n" + quant::to_text(report.values);
}

nlohmann::ordered_json to_json(const QuantizeReport& report) {
  nlohmann::ordered_json json = {
      {"model", report.model}, {"steps", report.steps}, {"data", report.data}, {"images", report.images}};
  json["same_class"] = report.same_class ? nlohmann::ordered_json(*report.same_class) : nlohmann::ordered_json();
  if (report.engine) {
    const quant::ModelSummary& e = *report.engine;
    json["engine"] = {{"layers", e.layers.size()},
                      {"macs", e.multiply_accumulates},
                      {"weight_bits", e.weight_bits},
                      {"parameter_bits", e.parameter_bits},
                      {"arena_bits", e.arena_bits}};
  }
  if (!report.bits.is_null()) json["bits"] = report.bits;
  json["values"] = nlohmann::ordered_json::array();
  for (const quant::ValueError& e : report.values)
    json["values"].push_back({{"name", e.name},
                              {"layer", e.layer},
                              {"weight_bits", e.weight_bits},
                              {"value_bits", e.value_bits},
                              {"sqnr_db", e.sqnr_db},  // null where there is no error
                              {"cosine", e.cosine}});
  return json;
}

}  // namespace flashcell::app
