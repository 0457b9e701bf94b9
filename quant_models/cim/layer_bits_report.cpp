#include "quant_models/cim/layer_bits_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/page/parts.hpp"
#include "base/text.hpp"

namespace flashcell::quant::cim {
namespace {

/// One kind of bits as the tables have it.
struct Kind {
  const char *name, *unit, *total;  // total: what of it a layer has
  const std::vector<int>& tried;
  int64_t LayerSensitivity::*count;
  TriedBits LayerSensitivity::*bits;
};

std::vector<Kind> kinds_of(const ChosenArrayBits& c) {
  std::vector<Kind> kinds;
  if (!c.weight_bits.empty())
    kinds.push_back(
        {"weights", "a weight", "weights", c.weight_bits, &LayerSensitivity::weights, &LayerSensitivity::weight});
  if (!c.converter_bits.empty())
    kinds.push_back({"converters", "a conversion", "conversions", c.converter_bits, &LayerSensitivity::conversions,
                     &LayerSensitivity::converter});
  return kinds;
}

const char* name_of(BitsOf of) {
  return of == BitsOf::both ? "weights and converters" : name_in(kBitsOf, of);
}

// Bits of a kind, the mean over all that have them.
double mean_bits(const ChosenArrayBits& c, const Kind& kind) {
  double sum = 0, all = 0;
  for (const LayerSensitivity& layer : c.layers) {
    sum += static_cast<double>(layer.*kind.count) * (layer.*kind.bits).chosen;
    all += static_cast<double>(layer.*kind.count);
  }
  return sum / all;
}

std::string cost_text(const BitsCost& cost, const char* square) {
  return fmt::format("{:.1f} kB of weights; converters {:.4f} mm{}, {:.1f} nJ a picture",
                     static_cast<double>(cost.weight_bits) / 8 / 1024, cost.square_millimetres, square,
                     1000 * cost.microjoules);
}

std::string point_text(const char* name, const StudyPoint& p, const BitsCost& cost) {
  return fmt::format("  {:9} {:6.2f} %   ({:.2f} .. {:.2f})   {}\n", name, p.mean, p.low, p.high, cost_text(cost, "2"));
}

std::string table_text(const ChosenArrayBits& c, const Kind& kind) {
  std::string text = fmt::format("  {:22} {:>11}", std::string("bits of ") + kind.name, kind.total);
  for (const int bits : kind.tried) text += fmt::format(" {:>8}", bits);
  text += "   chosen\n";
  for (const LayerSensitivity& layer : c.layers) {
    text += fmt::format("  {:22} {:>11}", printable(layer.name), layer.*kind.count);
    for (const double noise : (layer.*kind.bits).noise) text += fmt::format(" {:>8.4f}", noise);
    text += fmt::format("   {:>6}\n", (layer.*kind.bits).chosen);
  }
  return text + fmt::format("  chosen: {:.2f} bits {}\n", mean_bits(c, kind), kind.unit);
}

std::string table_markup(const ChosenArrayBits& c, const Kind& kind) {
  std::string head = fmt::format("<th class=\"text\">{}</th><th>{}</th>", kind.name, kind.total), rows;
  for (const int bits : kind.tried) head += fmt::format("<th>{}</th>", bits);
  for (const LayerSensitivity& layer : c.layers) {
    rows += fmt::format("<tr><td class=\"text\">{}</td><td>{}</td>", markup_escape(layer.name), layer.*kind.count);
    for (const double noise : (layer.*kind.bits).noise) rows += fmt::format("<td>{:.4f}</td>", noise);
    rows += fmt::format("<td><b>{}</b></td></tr>\n", (layer.*kind.bits).chosen);
  }
  return "<div class=\"scroll\"><table><thead><tr>" + head + "<th>chosen</th></tr></thead><tbody>\n" + rows +
         "</tbody></table></div>";
}

}  // namespace

std::string bits_text(const BitsStudy& b) {
  const ChosenArrayBits& c = b.choice;
  std::string text =
      fmt::format("bits of {} by layer, {:g} % of the stored bits in error\n", name_of(c.of), 100 * c.bit_errors);
  text += point_text("as it was", b.before, c.cost_before()) + point_text("chosen", b.after, c.cost());
  text += fmt::format(
      "  chosen on {} pictures: named as in real numbers {:.2f} % with the device's bits, {:.2f} % with those chosen\n"
      "  noise that a layer with so many bits adds to the outputs, over their power\n",
      c.pictures, c.kept_before, c.kept);
  for (const Kind& kind : kinds_of(c)) text += table_text(c, kind);
  return text;
}

nlohmann::ordered_json bits_json(const BitsStudy& b) {
  const ChosenArrayBits& c = b.choice;
  const auto point = [](const StudyPoint& p, const BitsCost& cost) {
    return nlohmann::ordered_json{{"mean_percent", p.mean},
                                  {"low_percent", p.low},
                                  {"high_percent", p.high},
                                  {"weight_bits", cost.weight_bits},
                                  {"converter_square_millimetres", cost.square_millimetres},
                                  {"converter_microjoules", cost.microjoules}};
  };
  nlohmann::ordered_json json = {{"of", name_in(kBitsOf, c.of)},
                                 {"bit_errors", c.bit_errors},
                                 {"pictures", c.pictures},
                                 {"kept_percent_before", c.kept_before},
                                 {"kept_percent", c.kept},
                                 {"before", point(b.before, c.cost_before())},
                                 {"chosen", point(b.after, c.cost())}};
  for (const Kind& kind : kinds_of(c)) {
    nlohmann::ordered_json& table =
        json[kind.name] = {{"bits", kind.tried}, {"layers", nlohmann::ordered_json::array()}};
    for (const LayerSensitivity& layer : c.layers)
      table["layers"].push_back({{"name", layer.name},
                                 {kind.total, layer.*kind.count},
                                 {"noise", (layer.*kind.bits).noise},
                                 {"chosen", (layer.*kind.bits).chosen}});
  }
  return json;
}

std::string bits_section(const BitsStudy& b) {
  const ChosenArrayBits& c = b.choice;
  std::string tables;
  for (const Kind& kind : kinds_of(c)) tables += table_markup(c, kind);
  return section(
      "Bits layer by layer",
      fmt::format("Noise that a layer with fewer bits adds to the outputs, over their power, while {:g} % of "
                  "all stored bits are in error. As it was: {:.2f} % right, {}. As chosen: {:.2f} %, {}.",
                  100 * c.bit_errors, b.before.mean, cost_text(c.cost_before(), "²"), b.after.mean,
                  cost_text(c.cost(), "²")),
      tables);
}

}  // namespace flashcell::quant::cim
