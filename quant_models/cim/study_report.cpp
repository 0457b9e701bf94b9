#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/json_text.hpp"
#include "base/page/chart.hpp"
#include "base/page/parts.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "quant_models/cim/layer_bits_report.hpp"
#include "quant_models/cim/study.hpp"

namespace flashcell::quant::cim {
namespace {

constexpr const char* kStyle =
    ".figures{grid-template-columns:repeat(auto-fit,minmax(210px,1fr))}"
    "section>.chart{max-width:48rem;margin:0 auto}.pair section>.chart{max-width:none}";

struct Totals {
  double square_millimetres = 0, microjoules = 0, input_square_millimetres = 0, input_microjoules = 0;
  int64_t cells = 0, conversions = 0;
};

Totals totals_of(const std::vector<ConverterUse>& uses) {
  Totals t;
  for (const ConverterUse& use : uses) {
    t.square_millimetres += use.square_millimetres();
    t.microjoules += use.microjoules();
    t.input_square_millimetres += use.input_square_millimetres();
    t.input_microjoules += use.input_microjoules();
    t.cells += use.cells;
    t.conversions += use.conversions;
  }
  return t;
}

std::string points_text(const std::string& title, const std::vector<StudyPoint>& points,
                        const std::function<std::string(double)>& name) {
  if (points.empty()) return "";
  std::string text = title + "\n";
  for (const StudyPoint& p : points)
    text += fmt::format("  {:>8}  {:6.2f} %   ({:.2f} .. {:.2f})\n", name(p.x), p.mean, p.low, p.high);
  return text;
}

std::string noise_name(double x) {
  return fmt::format("{:g} %", x);
}

std::string bits_name(double x) {
  return fmt::format("{:g}", x);
}

nlohmann::ordered_json points_json(const std::vector<StudyPoint>& points, const char* x) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const StudyPoint& p : points)
    list.push_back({{x, p.x}, {"mean_percent", p.mean}, {"low_percent", p.low}, {"high_percent", p.high}});
  return list;
}

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

std::string chart(const Study& s, const std::vector<StudyPoint>& points, ChartAxis x,
                  const std::vector<StudyPoint>& before = {}) {
  ChartLine chips{"on arrays, mean of the chips; band from the worst to the best", {}};
  ChartLine real{"in real numbers", {}, true};
  ChartLine other{"on arrays, " + (s.before ? file_name(s.before->network) : ""), {}};
  double low = s.real;
  const auto place = [&](const StudyPoint& p) { return x.log ? std::max(p.x, x.low) : p.x; };
  for (const StudyPoint& p : points) {
    chips.points.push_back({place(p), p.mean, p.low, p.high});
    real.points.push_back({place(p), s.real, 0, 0});
    low = std::min(low, p.low);
  }
  for (const StudyPoint& p : before) {
    other.points.push_back({place(p), p.mean, p.low, p.high});
    low = std::min(low, p.low);
  }
  std::vector<ChartLine> lines{chips, real};
  if (!before.empty()) lines.push_back(other);
  x.low = chips.points.front().x;
  x.high = std::max(chips.points.back().x, x.low + 1e-9);
  return line_chart(x, {"images right [%]", std::max(0.0, std::floor((low - 1) / 10) * 10), 100}, lines);
}

std::string cost_rows(const std::vector<ConverterUse>& uses) {
  std::string rows;
  for (const ConverterUse& use : uses)
    rows += fmt::format(
        "<tr><td "
        "class=\"text\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.4f}</td><td>{:.4f}</td><td>{}</td>"
        "<td>{:.4f}</td><td>{:.4f}</td></tr>\n",
        markup_escape(use.name), use.cells, use.columns, use.bits == 0 ? "none" : std::to_string(use.bits),
        use.conversions, use.square_millimetres(), 1000 * use.microjoules(), use.rows, use.input_square_millimetres(),
        1000 * use.input_microjoules());
  return "<div class=\"scroll\"><table><thead><tr><th "
         "class=\"text\">layer</th><th>cells</th><th>columns</th><th>bits</th>"
         "<th>conversions a picture</th><th>behind columns [mm²]</th><th>[nJ a picture]</th><th>rows</th>"
         "<th>in front of rows [mm²]</th><th>[nJ a picture]</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></div>";
}

std::string cost_text(const std::vector<ConverterUse>& uses, const Totals& t) {
  const auto line = [](const std::string& name, int64_t cells, const auto& columns, const auto& bits,
                       int64_t conversions, double area, double energy, const auto& rows, double input_area,
                       double input_energy) {
    return fmt::format("{:24} {:>10} {:>8} {:>5} {:>12} {:>10.4f} {:>10.4f} {:>8} {:>10.4f} {:>10.4f}\n", name, cells,
                       columns, bits, conversions, area, 1000 * energy, rows, input_area, 1000 * input_energy);
  };
  std::string text = fmt::format("{:24} {:>10} {:>8} {:>5} {:>12} {:>10} {:>10} {:>8} {:>10} {:>10}\n", "layer",
                                 "cells", "columns", "bits", "conversions", "mm2", "nJ", "rows", "mm2", "nJ");
  for (const ConverterUse& use : uses)
    text += line(printable(use.name), use.cells, use.columns, use.bits, use.conversions, use.square_millimetres(),
                 use.microjoules(), use.rows, use.input_square_millimetres(), use.input_microjoules());
  return text +
         line("all", t.cells, "", "", t.conversions, t.square_millimetres, t.microjoules, "",
              t.input_square_millimetres, t.input_microjoules) +
         "mm2 and nJ a picture: of the converters behind the columns, and of those in front of the rows\n";
}

std::string figures(const Study& s, const Totals& t) {
  constexpr double kMuch = 2;  // percent points of loss that stand out
  std::string out = "<div class=\"figures\">";
  out += figure(fmt::format("{:.2f} %", s.real), fmt::format("of {} pictures right, in real numbers", s.images));
  out += figure(fmt::format("{:.2f} %", s.ideal), "with the converters alone", s.real - s.ideal > kMuch);
  if (!s.over_time.empty()) {
    const StudyPoint &first = s.over_time.front(), &last = s.over_time.back();
    out += figure(fmt::format("{:.2f} %", first.mean), duration_text(first.x) + " after programming",
                  s.real - first.mean > kMuch);
    if (s.over_time.size() > 1)
      out += figure(fmt::format("{:.2f} %", last.mean), duration_text(last.x) + " after programming",
                    s.real - last.mean > kMuch);
  }
  if (s.before && !s.before->over_time.empty())
    out += figure(
        fmt::format("{:.2f} %", s.before->over_time.front().mean),
        file_name(s.before->network) + ", " + duration_text(s.before->over_time.front().x) + " after programming");
  out += figure(short_number(static_cast<double>(t.cells)), "memory cells");
  out += figure(short_number(t.square_millimetres) + " mm²", "of output converters");
  out += figure(short_number(1000 * t.microjoules) + " nJ", "of their conversions a picture");
  out += figure(short_number(1000 * t.input_microjoules) + " nJ", "of driving rows a picture");
  return out + "</div>\n";
}

}  // namespace

std::string to_text(const Study& s) {
  const Totals t = totals_of(s.uses);
  std::string text = fmt::format(
      "{} on {}: {}\n{} pictures, {} chip{} from seed {}; ranges {}\n\n  real numbers  {:6.2f} %\n  converters    "
      "{:6.2f} % "
      "({} bits, cells without errors)\n\n",
      printable(s.network), printable(s.device), printable(s.source), s.images, s.chips, s.chips == 1 ? "" : "s",
      s.seed, s.ranges, s.real, s.ideal, s.bits);
  text += points_text("after programming", s.over_time, duration_text);
  if (s.before)
    text += points_text(fmt::format("{}: real numbers {:.2f} %, converters {:.2f} %; after programming",
                                    printable(s.before->network), s.before->real, s.before->ideal),
                        s.before->over_time, duration_text);
  text += points_text("with more noise of each read, of the largest conductance", s.over_noise, noise_name);
  text += points_text("with output converters of so many bits", s.over_bits, bits_name);
  if (s.bits_by_layer) text += bits_text(*s.bits_by_layer);
  return text + "\n" + cost_text(s.uses, t);
}

std::string to_json(const Study& s) {
  nlohmann::ordered_json json = {{"network", s.network},
                                 {"device", s.device},
                                 {"source", s.source},
                                 {"images", s.images},
                                 {"chips", s.chips},
                                 {"seed", s.seed},
                                 {"ranges", s.ranges},
                                 {"real_percent", s.real},
                                 {"converters_percent", s.ideal},
                                 {"bits", s.bits},
                                 {"seconds", s.seconds},
                                 {"over_time", points_json(s.over_time, "seconds")},
                                 {"over_noise", points_json(s.over_noise, "noise_percent")},
                                 {"over_bits", points_json(s.over_bits, "bits")}};
  if (s.before)
    json["before"] = {{"network", s.before->network},
                      {"real_percent", s.before->real},
                      {"converters_percent", s.before->ideal},
                      {"over_time", points_json(s.before->over_time, "seconds")}};
  if (s.bits_by_layer) json["bits_by_layer"] = bits_json(*s.bits_by_layer);
  for (const ConverterUse& use : s.uses)
    json["layers"].push_back({{"name", use.name},
                              {"weight_bits", use.weight_bits},
                              {"cells", use.cells},
                              {"columns", use.columns},
                              {"bits", use.bits},
                              {"conversions", use.conversions},
                              {"area_columns_bits", use.area()},
                              {"energy_conversions_bits", use.energy()},
                              {"square_millimetres", use.square_millimetres()},
                              {"microjoules", use.microjoules()},
                              {"rows", use.rows},
                              {"row_drives", use.drives},
                              {"input_bits", use.input_bits},
                              {"input_square_millimetres", use.input_square_millimetres()},
                              {"input_microjoules", use.input_microjoules()}});
  return json_text(json) + "\n";
}

std::string to_page(const Study& s) {
  const std::string network = file_name(s.network);
  std::string page = page_head(network + " on arrays", "flashcell cim report", network,
                               fmt::format("{} · {} pictures · {} chip{} from seed {}", s.device, s.images, s.chips,
                                           s.chips == 1 ? "" : "s", s.seed),
                               kStyle);
  page += figures(s, totals_of(s.uses));
  // One point is no curve: the figures above say it.
  if (s.over_time.size() > 1)
    page += section("Accuracy over time", "Cells read so long after they were programmed.",
                    chart(s, s.over_time, {"time since programming", 0.1, 1, true, duration_text},
                          s.before ? s.before->over_time : std::vector<StudyPoint>{}));
  std::string pair;
  if (s.over_noise.size() > 1)
    pair += section("Accuracy over noise", "More noise of each read, normal, the same for all cells.",
                    chart(s, s.over_noise, {"noise [% of the largest conductance]", 0, 1}));
  if (s.over_bits.size() > 1)
    pair += section("Accuracy over bits", "Of all output converters.",
                    chart(s, s.over_bits, {"bits of the output converters", 0, 1}));
  if (!pair.empty()) page += "<div class=\"pair\">" + pair + "</div>\n";
  if (s.bits_by_layer) page += bits_section(*s.bits_by_layer);
  page += section("Converters and cells, layer by layer",
                  "Area and energy by published converters; one behind each column, one in front of each row.",
                  cost_rows(s.uses));
  return page + fmt::format("<footer>{} · device: {} · ranges {}</footer>\n</main></body></html>\n", program_version(),
                            markup_escape(s.source), markup_escape(s.ranges));
}

}  // namespace flashcell::quant::cim
