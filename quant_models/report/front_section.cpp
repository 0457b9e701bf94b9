#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "base/page/chart.hpp"
#include "base/page/parts.hpp"
#include "base/text.hpp"
#include "quant_models/report/data_free_sections.hpp"
#include "run_page_text.hpp"

namespace flashcell::quant {
namespace {

using Json = nlohmann::json;

double giga(int64_t operations) {
  return static_cast<double>(operations) * 1e-9;
}

std::string name_of(const UniformPoint& point) {
  return fmt::format("W{}A{}", point.weight_bits, point.value_bits);
}

Json costs_of(const FrontPoint& point) {
  return {point.perturbation, megabytes(point.weight_bits), giga(point.bit_operations)};
}

std::string data_of(const BitFront& front) {
  Json data = {{"axes", {"perturbation", "weights [MB]", "bit operations [G]"}},
               {"members", front.members},
               {"chosen", front.chosen},
               {"points", Json::array()},
               {"bits", Json::array()},
               {"uniform", Json::array()}};
  for (const FrontPoint& point : front.points) {
    data["points"].push_back(costs_of(point));
    data["bits"].push_back(point.bits);
  }
  for (const UniformPoint& point : front.uniform)
    data["uniform"].push_back({{"name", name_of(point)}, {"costs", costs_of(point.costs)}});
  return script_json(json_text(data, -1));
}

std::string row(const std::string& name, const FrontPoint& point, bool chosen) {
  return fmt::format("<tr{}><td class=\"text\">{}</td><td>{:.4g}</td><td>{}</td><td>{}</td></tr>",
                     chosen ? " class=\"chosen\"" : "", markup_escape(name), point.perturbation,
                     short_number(megabytes(point.weight_bits)), short_number(giga(point.bit_operations)));
}

// What was chosen beside the settings with the same bits everywhere: readable without the script, too.
std::string table_of(const BitFront& front) {
  std::string rows = row("chosen", front.points.at(front.chosen), true);
  for (const UniformPoint& point : front.uniform) rows += row(name_of(point) + " everywhere", point.costs, false);
  return "<div class=\"scroll\"><table><thead><tr><th class=\"text\">bits</th><th>perturbation</th>"
         "<th>weights [MB]</th><th>bit operations [G]</th></tr></thead><tbody>" +
         rows + "</tbody></table></div>";
}

std::string note_of(const BitFront& front) {
  std::string note = fmt::format("{} settings that no other one beats on all three axes, judged by {}; ",
                                 front.all_points, front.judged_by);
  if (!front.exact) note += "thinned out, as there were too many; ";
  if (front.points.size() < front.all_points) note += fmt::format("{} of them are drawn; ", front.points.size());
  if (front.budgets.empty()) return note + "chosen is the one nearest to the best of every axis. Drag to turn.";
  note += "chosen is the least perturbation within";
  for (const std::string& budget : front.budgets) note += " " + budget;
  return note + ". Drag to turn.";
}

}  // namespace

std::string front_section(const BitFront& front) {
  constexpr const char* kPicture =
      "<p class=\"views\"><button data-view=\"box\">all three axes</button><button data-view=\"memory\">perturbation "
      "over memory</button><button data-view=\"operations\">perturbation over bit operations</button>"
      "<button data-view=\"sizes\">memory over bit operations</button></p>"
      "<div class=\"turn\"><canvas id=\"front\" tabindex=\"0\" role=\"img\" aria-label=\"The front; arrow keys turn "
      "it\">"
      "</canvas><div id=\"front-tip\" hidden></div></div>";
  return section("Bits of each layer: what can be had", note_of(front), kPicture + table_of(front)) +
         fmt::format("<script>const D = {};</script>\n<script>{}</script>\n", data_of(front), kFrontScript);
}

}  // namespace flashcell::quant
