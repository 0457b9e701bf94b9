#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/base64.hpp"
#include "base/page/chart.hpp"
#include "base/page/parts.hpp"
#include "base/text.hpp"
#include "quant_models/report/data_free_sections.hpp"

namespace flashcell::quant {
namespace {

std::string pair(const std::string& left, const std::string& right) {
  if (left.empty() || right.empty()) return left + right;
  return "<div class=\"pair\">" + left + right + "</div>\n";
}

// So many points at most: of each stretch of steps the mean, with the least and the most as a band.
ChartLine curve_of(const std::vector<double>& losses) {
  constexpr size_t kMostPoints = 240;
  const size_t points = std::min(losses.size(), kMostPoints);
  ChartLine line;
  for (size_t i = 0; i < points; ++i) {
    const auto first = losses.begin() + static_cast<ptrdiff_t>(i * losses.size() / points);
    const auto last = losses.begin() + static_cast<ptrdiff_t>((i + 1) * losses.size() / points);
    double sum = 0;
    for (auto l = first; l != last; ++l) sum += *l;
    const auto [low, high] = std::minmax_element(first, last);
    const auto middle = static_cast<double>(first - losses.begin() + (last - first) / 2);
    line.points.push_back({middle, sum / static_cast<double>(last - first), *low, *high});
  }
  return line;
}

std::string loss_section(const std::string& title, const std::string& note, const std::vector<double>& losses) {
  if (losses.empty()) return "";
  const auto [low, high] = std::minmax_element(losses.begin(), losses.end());
  ChartAxis y{"loss", std::min(0.0, *low), *high * 1.05};
  if (*low > 0 && *high > 20 * *low) y = {"loss, logarithmic", *low / 1.1, *high * 1.1, true};
  return section(title, note, line_chart({"step", 0, static_cast<double>(losses.size())}, y, {curve_of(losses)}));
}

using BitsOf = int (*)(const ValueError&);

std::string bits_section(const std::string& title, const std::string& what, const std::vector<ValueError>& errors,
                         BitsOf bits_of) {
  std::vector<ChartBar> bars;
  int most = 0;
  for (const ValueError& e : errors) {
    const int bits = bits_of(e);
    if (bits == 0) continue;
    const auto at = static_cast<double>(bars.size());
    bars.push_back({at + 0.5, at + 1.5, static_cast<double>(bits)});
    most = std::max(most, bits);
  }
  if (bars.empty()) return "";
  const ChartAxis x{what + ", in the network's order", 0.5, static_cast<double>(bars.size()) + 0.5};
  return section(title, "", bar_chart(x, {"bits", 0, std::max(8.0, 1.0 * most)}, bars, {}));
}

constexpr double kFullMeter = 60, kWeak = 10;  // decibels

std::string meter(double decibels) {
  if (!std::isfinite(decibels)) return "equal";
  return fmt::format("<i class=\"meter{}\"><b style=\"width:{:.0f}%\"></b></i>{:.1f}", decibels < kWeak ? " weak" : "",
                     100 * std::clamp(decibels / kFullMeter, 0.0, 1.0), decibels);
}

std::string bits_text(int bits) {
  return bits > 0 ? std::to_string(bits) : "real";
}

std::string layer_table(const std::vector<ValueError>& errors) {
  std::string rows;
  for (const ValueError& e : errors)
    rows += fmt::format(
        "<tr><td class=\"text\" title=\"{0}\">{0}</td><td class=\"text\">{1}</td><td>{2}</td><td>{3}</td><td>{4}</td>"
        "<td>{5:.6f}</td></tr>\n",
        markup_escape(e.name), markup_escape(e.layer), bits_text(e.weight_bits), bits_text(e.value_bits),
        meter(e.sqnr_db), e.cosine);
  return "<div class=\"scroll layers\"><table><thead><tr><th class=\"text\">node</th><th class=\"text\">layer</th>"
         "<th>weight bits</th><th>value bits</th><th>signal to noise [dB]</th><th>cosine</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></div>";
}

std::string noise_chart(const std::vector<ValueError>& errors) {
  ChartLine line;
  double high = 0;
  for (size_t i = 0; i < errors.size(); ++i) {
    if (!std::isfinite(errors[i].sqnr_db)) continue;
    line.points.push_back({static_cast<double>(i + 1), errors[i].sqnr_db, 0, 0});
    high = std::max(high, errors[i].sqnr_db);
  }
  if (line.points.empty()) return "";
  const auto low = std::min_element(line.points.begin(), line.points.end(),
                                    [](const ChartPoint& a, const ChartPoint& b) { return a.y < b.y; });
  return line_chart({"value, in the network's order", 1, static_cast<double>(errors.size())},
                    {"signal to noise [dB]", std::min(0.0, low->y), high * 1.05}, {line});
}

}  // namespace

std::string pictures_section(const DataFreeRun& run) {
  if (run.sheets.empty()) return "";
  std::string body = "<div class=\"sheets\">";
  for (const ContactSheet& sheet : run.sheets)
    body += fmt::format(
        "<figure><img src=\"data:image/png;base64,{}\" width=\"{}\" height=\"{}\" "
        "alt=\"{}\"><figcaption>{}</figcaption>"
        "</figure>\n",
        base64(sheet.png.data(), sheet.png.size()), sheet.width, sheet.height, markup_escape(sheet.caption),
        markup_escape(sheet.caption));
  return section("Pictures", "What the quantized network learned from, and how it came to be.", body + "</div>");
}

std::string losses_section(const DataFreeRun& run) {
  return pair(loss_section("Loss of the pictures", "What was minimized while they were made, step by step.",
                           run.picture_losses),
              loss_section("Loss of the quantized network", "How far it is from the real one, step by step.",
                           run.training_losses));
}

std::string layers_section(const DataFreeRun& run) {
  if (run.errors.empty()) return "";
  return pair(bits_section("Bits of weights", "layer with weights", run.errors,
                           [](const ValueError& e) { return e.weight_bits; }),
              bits_section("Bits of values", "stored value", run.errors,
                           [](const ValueError& e) { return e.value_bits; })) +
         section("Error of each value",
                 fmt::format("How far each value is from the one in real numbers, over {} pictures.", run.error_images),
                 noise_chart(run.errors) + layer_table(run.errors));
}

std::string similarity_section(const std::vector<DensityCurve>& curves) {
  if (curves.empty()) return "";
  std::vector<ChartLine> lines;
  double low = 1, high = -1, most = 0;
  for (const DensityCurve& curve : curves) {
    ChartLine line{curve.name, {}, false};
    for (size_t i = 0; i < curve.x.size(); ++i) {
      line.points.push_back({curve.x[i], curve.density[i], 0, 0});
      low = std::min(low, curve.x[i]);
      high = std::max(high, curve.x[i]);
      most = std::max(most, curve.density[i]);
    }
    lines.push_back(std::move(line));
  }
  return section("Similarity of patches",
                 "How alike the patches of a picture are to the network's attention (cosine, kernel density over all "
                 "layers and pairs): of noise all are equally alike, of pictures some are and others are not.",
                 line_chart({"cosine similarity", low, high}, {"density", 0, most * 1.05}, lines));
}

}  // namespace flashcell::quant
