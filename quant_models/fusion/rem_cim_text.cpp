#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "quant_models/cim/device.hpp"
#include "quant_models/fusion/rem_cim_result.hpp"

namespace flashcell::quant {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::string share(double value) {
  return value < 0 ? "-" : fmt::format("{:.3f}", value);
}

std::string header(const RemCimResult& r) {
  return fmt::format(
      "{} x {} pixels, width {}: {} scenes to learn by, {} to test with, {} epochs ({} more with few bits); "
      "seed {}\ndevice {}: {}\n{} chip{} of each network; mAP at an overlap of 0.5, of scenes by day and by night\n\n",
      r.size.columns, r.size.rows, r.size.width, r.train, r.test, r.epochs, r.tuning_epochs, r.seed,
      printable(r.device), printable(r.device_source), r.chips, r.chips == 1 ? "" : "s");
}

std::string accuracy_table(const RemCimResult& r) {
  std::string text = fmt::format("{:<14}{:>13}{:>11}", "mAP", "real numbers", "its bits");
  for (const ArrayAccuracy& point : r.systems.front().on_arrays)
    text += fmt::format("{:>10}{:>14}{:>7}{:>7}", cim::duration_text(point.seconds), "chips", "day", "night");
  text += fmt::format("{:>11}\n", "published");
  for (const SystemResult& s : r.systems) {
    text += fmt::format("{:<14}{:>13}{:>11}", s.name, share(s.real.all.at_half), share(s.quantized.all.at_half));
    for (const ArrayAccuracy& p : s.on_arrays)
      text +=
          fmt::format("{:>10}{:>14}{:>7}{:>7}", share(p.mean.all.at_half), fmt::format("{:.3f}-{:.3f}", p.low, p.high),
                      share(p.mean.day.at_half), share(p.mean.night.at_half));
    std::string published = "-";
    for (const FusionSystem& known : kFusionSystems)
      if (s.name == known.name) published = fmt::format("{:.3f}", known.map);
    text += fmt::format("{:>11}\n", published);
  }
  return text + "\n";
}

std::string cost_table(const RemCimResult& r) {
  std::string text = fmt::format("{:<14}{:>10}{:>10}{:>12}{:>14}{:>14}{:>12}{:>10}{:>12}{:>12}{:>12}\n", "cost",
                                 "cells", "ADC area", "ADC energy", "weights' bits", "paper's size", "published",
                                 "ADC area", "published", "ADC energy", "published");
  for (const SystemResult& s : r.systems) {
    text += fmt::format("{:<14}{:>10}{:>10.3f}{:>12.3f}{:>14.2f}", s.name, s.cells, s.area, s.energy, s.weight_bits);
    for (const SystemCount& count : r.papers_size) {
      if (s.name != count.system->name) continue;
      text += fmt::format("{:>12.1f} M{:>10.0f} M{:>10.3f}{:>12.2f}{:>12.3f}{:>12.2f}",
                          static_cast<double>(count.cells) / 1e6, count.system->cells / 1e6, count.area,
                          count.system->area, count.energy, count.system->energy);
    }
    text += '\n';
  }
  return text + "\n";
}

const SystemResult& system_of(const RemCimResult& r, const std::string& name) {
  for (const SystemResult& s : r.systems)
    if (s.name == name) return s;
  return r.systems.front();
}

std::string few_bits_text(const RemCimResult& r) {
  const SystemResult &many = system_of(r, "MEA-FPN"), &few = system_of(r, "REM-CiM");
  std::string text = fmt::format(
      "cost of few bits in mAP: {:+.3f} (real numbers {:.3f}, few bits {:.3f}, learned on {:.3f}); with all errors, "
      "the "
      "last time, {:+.3f}\n\n",
      few.quantized.all.at_half - many.real.all.at_half, many.real.all.at_half, r.few_bits_untrained.all.at_half,
      few.quantized.all.at_half, few.on_arrays.back().mean.all.at_half - many.on_arrays.back().mean.all.at_half);
  text += fmt::format("{:<14}{:>10}", "loss of mAP", "weights");
  for (const int bits : r.bits.bits) text += fmt::format("{:>9}", fmt::format("{} bits", bits));
  text += fmt::format("{:>9}\n", "chosen");
  for (const ModuleSensitivity& module : r.bits.modules) {
    text += fmt::format("{:<14}{:>10}", module.module, module.weights);
    for (const double loss : module.losses) text += fmt::format("{:>9.3f}", loss);
    text += fmt::format("{:>9}\n", r.bits.chosen.at(module.module));
  }
  return text + fmt::format(
                    "{:.2f} bits a weight, by a budget of {} of mAP for all modules together, of scenes to "
                    "learn by\n\n",
                    r.bits.bits_per_weight, r.bits_budget);
}

std::string orders_text(const RemCimResult& r) {
  std::string text = "expected order, with all errors, the last time:\n";
  for (const ExpectedOrder& order : r.orders)
    text += fmt::format("  {:<13} >= {:<13}{:<10} {}: {:.3f} and {:.3f}; so in {:.0f} % of resamples of the scenes\n",
                        order.greater, order.smaller, order.night ? "by night" : "", order.verdict(), order.first,
                        order.second, 100 * order.sure);
  return text;
}

OrderedJson json_of(const FusionAccuracy& a) {
  const auto each = [](const MeanPrecision& p) { return OrderedJson{{"map50", p.at_half}, {"map", p.coco}}; };
  return {{"all", each(a.all)}, {"day", each(a.day)}, {"night", each(a.night)}};
}

OrderedJson json_of(const SystemResult& s) {
  OrderedJson json = {{"system", s.name},
                      {"converter_bits", s.converter_bits},
                      {"weight_bits", s.weight_bits},
                      {"real", json_of(s.real)},
                      {"quantized", json_of(s.quantized)},
                      {"on_arrays", OrderedJson::array()},
                      {"cells", s.cells},
                      {"adc_area", s.area},
                      {"adc_energy", s.energy},
                      {"first_loss", s.first_loss},
                      {"last_loss", s.last_loss}};
  for (const ArrayAccuracy& p : s.on_arrays)
    json["on_arrays"].push_back(
        {{"seconds", p.seconds}, {"mean", json_of(p.mean)}, {"worst_chip_map50", p.low}, {"best_chip_map50", p.high}});
  return json;
}

OrderedJson json_of(const ModuleBits& bits) {
  OrderedJson json = {{"bits", bits.bits},
                      {"bits_per_weight", bits.bits_per_weight},
                      {"predicted_loss", bits.predicted},
                      {"modules", OrderedJson::array()}};
  for (const ModuleSensitivity& m : bits.modules)
    json["modules"].push_back(
        {{"module", m.module}, {"weights", m.weights}, {"losses", m.losses}, {"chosen", bits.chosen.at(m.module)}});
  return json;
}

}  // namespace

const char* ExpectedOrder::verdict() const {
  constexpr double kSure = 0.9;
  if (first > second && sure >= kSure) return "holds";
  return first < second && sure <= 1 - kSure ? "fails" : "open";
}

std::string to_text(const RemCimResult& r) {
  std::string text = header(r) + accuracy_table(r) + cost_table(r) + few_bits_text(r) + orders_text(r);
  if (r.cpu_minutes > 0) text += fmt::format("\n{:.1f} minutes of processor time, this start alone\n", r.cpu_minutes);
  return text;
}

std::string to_json(const RemCimResult& r) {
  OrderedJson json = {{"command", r.command},
                      {"device", r.device},
                      {"device_source", r.device_source},
                      {"rows", r.size.rows},
                      {"columns", r.size.columns},
                      {"width", r.size.width},
                      {"classes", r.classes},
                      {"train", r.train},
                      {"test", r.test},
                      {"epochs", r.epochs},
                      {"tuning_epochs", r.tuning_epochs},
                      {"chips", r.chips},
                      {"seed", r.seed},
                      {"minutes", r.minutes},
                      {"systems", OrderedJson::array()}};
  if (r.cpu_minutes > 0) json["cpu_minutes"] = r.cpu_minutes;
  for (const SystemResult& s : r.systems) json["systems"].push_back(json_of(s));
  json["few_bits_untrained"] = json_of(r.few_bits_untrained);
  json["module_bits"] = json_of(r.bits);
  json["module_bits"]["budget"] = r.bits_budget;
  for (const SystemCount& count : r.papers_size)
    json["papers_size"].push_back({{"system", count.system->name},
                                   {"cells", count.cells},
                                   {"adc_area", count.area},
                                   {"adc_energy", count.energy},
                                   {"published",
                                    {{"cells", count.system->cells},
                                     {"adc_area", count.system->area},
                                     {"adc_energy", count.system->energy},
                                     {"map", count.system->map}}}});
  for (const ExpectedOrder& order : r.orders)
    json["expected_orders"].push_back({{"greater", order.greater},
                                       {"smaller", order.smaller},
                                       {"night", order.night},
                                       {"map50", {order.first, order.second}},
                                       {"verdict", order.verdict()},
                                       {"share_of_resamples", order.sure}});
  return json_text(json) + "\n";
}

}  // namespace flashcell::quant
