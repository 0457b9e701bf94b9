#include "quant_models/train/learning_curve.hpp"

#include <algorithm>

#include "base/svg.hpp"

namespace flashcell::quant {
namespace {

constexpr int kWidth = 640, kHeight = 320, kMargin = 44;
constexpr const char* kColours[] = {"#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b"};

class Plot {
 public:
  explicit Plot(size_t epochs) : epochs_(std::max<size_t>(epochs, 2)) {}

  void line(const std::vector<std::pair<size_t, double>>& points, const char* colour, bool dashed) {
    if (points.empty()) return;
    SvgAttributes attributes{{"fill", "none"}, {"stroke", colour}, {"stroke-width", 1.5}};
    if (dashed) attributes.insert(attributes.end(), {{"stroke-dasharray", "4 3"}, {"opacity", 0.6}});
    std::string places;
    for (const auto& [epoch, value] : points)
      places += SvgAttribute::digits(x(epoch)) + ',' + SvgAttribute::digits(y(value)) + ' ';
    attributes.emplace_back("points", places);
    add(svg_element("polyline", attributes));
  }

  void text(double at_x, double at_y, const std::string& words, const char* colour, const char* anchor) {
    add(svg_words("text", {{"x", at_x}, {"y", at_y}, {"fill", colour}, {"text-anchor", anchor}}, words));
  }

  void axes() {
    constexpr const char* kShares[] = {"0", "0.2", "0.4", "0.6", "0.8", "1"};
    for (int fifth = 0; fifth <= 5; ++fifth) {
      const double at = y(fifth / 5.0);
      add(svg_element("line", {{"x1", kMargin}, {"x2", kWidth - kMargin}, {"y1", at}, {"y2", at}, {"stroke", "#ddd"}}));
      text(kMargin - 6, at + 4, kShares[fifth], "#444", "end");
    }
    text(kMargin, kHeight - kMargin + 18, "1", "#444", "middle");
    text(kWidth - kMargin, kHeight - kMargin + 18, std::to_string(epochs_), "#444", "middle");
    text(kWidth / 2.0, kHeight - kMargin + 18, "epoch", "#444", "middle");
  }

  std::string svg() const {
    const std::string background = svg_element("rect", {{"width", "100%"}, {"height", "100%"}, {"fill", "white"}});
    return svg_file({{"width", kWidth}, {"height", kHeight}, {"font-family", "sans-serif"}, {"font-size", 12}},
                    background + "\n" + svg_);
  }

 private:
  void add(const std::string& element) { svg_ += element + "\n"; }

  double x(size_t epoch) const {
    return kMargin + (kWidth - 2.0 * kMargin) * static_cast<double>(epoch) / static_cast<double>(epochs_ - 1);
  }
  static double y(double value) { return kHeight - kMargin - (kHeight - 2.0 * kMargin) * std::clamp(value, 0.0, 1.0); }
  size_t epochs_;
  std::string svg_;
};

}  // namespace

std::string draw_learning_curve(const std::string& title,
                                const std::vector<std::pair<std::string, std::vector<EpochRecord>>>& stages) {
  size_t epochs = 0;
  for (const auto& stage : stages) epochs = std::max(epochs, stage.second.size());
  Plot plot(epochs);
  plot.axes();
  plot.text(kWidth / 2.0, 18, title + " (solid: figure on the test data; dashed: loss / its largest)", "#000",
            "middle");
  for (size_t s = 0; s < stages.size(); ++s) {
    const char* colour = kColours[s % std::size(kColours)];
    const auto& [name, history] = stages[s];
    double largest = 0;
    for (const EpochRecord& r : history) largest = std::max(largest, r.loss);
    std::vector<std::pair<size_t, double>> losses, figures;
    for (size_t e = 0; e < history.size(); ++e) {
      losses.emplace_back(e, largest > 0 ? history[e].loss / largest : 0);
      if (history[e].figure >= 0) figures.emplace_back(e, history[e].figure);
    }
    plot.line(losses, colour, true);
    plot.line(figures, colour, false);
    plot.text(kMargin + 8 + 90.0 * static_cast<double>(s), 36, name, colour, "start");
  }
  return plot.svg();
}

}  // namespace flashcell::quant
