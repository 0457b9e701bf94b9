#include "quant_models/search/front_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/svg.hpp"

namespace flashcell::quant {
namespace {

constexpr int kPanel = 380, kHeight = 300, kTop = 108, kLeft = 84, kGap = 90, kBottom = 64, kSpot = 3;

double megabytes(const SearchCosts& costs) {
  return static_cast<double>(costs.weight_bits) / 8 / (1 << 20);
}
double giga_operations(const SearchCosts& costs) {
  return static_cast<double>(costs.bit_operations) * 1e-9;
}

/// Numbers from low to high along so many pixels.
struct Scale {
  double low = std::numeric_limits<double>::infinity(), high = -low;

  void take(double x) {
    low = std::min(low, x);
    high = std::max(high, x);
  }
  double share(double x) const { return high > low ? (x - low) / (high - low) : 0.5; }
};

/// What a panel shows across, and what its colours show.
struct ChartAxis {
  const char* title;
  double (*value)(const SearchCosts&);
  const char* colour_title;
  double (*colour)(const SearchCosts&);
};

constexpr ChartAxis kPanels[] = {{"weights, MB (2^20 bytes)", megabytes, "light: few bit operations", giga_operations},
                                 {"bit operations, 10^9", giga_operations, "light: little memory", megabytes}};

class Chart {
 public:
  Chart(const std::string& title, const MixedPrecision& found) : found_(found) {
    add(svg_element("rect", {{"width", "100%"}, {"height", "100%"}, {"fill", "#fff"}}));
    text(24, 30, title, "#111", "start", {{"font-size", 16}, {"font-weight", 600}});
    text(24, 50,
         fmt::format(
             "{} ways of the front{}; diamonds: the same bits everywhere (weights / activations); circle: chosen",
             found.front.size(), found.front.exact() ? "" : " (thinned out)"),
         "#666");
    take_scale();
    for (int panel = 0; panel < 2; ++panel) draw(kPanels[panel], kLeft + panel * (kPanel + kGap));
  }

  std::string svg() const {
    const int width = kLeft + 2 * kPanel + kGap + 40, height = kTop + kHeight + kBottom;
    return svg_file({{"viewBox", fmt::format("0 0 {} {}", width, height)},
                     {"width", width},
                     {"height", height},
                     {"font-family", "system-ui, sans-serif"},
                     {"font-size", 12}},
                    svg_);
  }

 private:
  void add(const std::string& element) { svg_ += element + "\n"; }

  void text(double x, double y, const std::string& words, const char* fill, const char* anchor = "start",
            const SvgAttributes& more = {}) {
    SvgAttributes attributes{{"x", x}, {"y", y}, {"fill", fill}, {"text-anchor", anchor}};
    attributes.insert(attributes.end(), more.begin(), more.end());
    add(svg_words("text", attributes, words));
  }

  template <class Visit>
  void for_each_costs(Visit visit) const {
    for (size_t i = 0; i < found_.front.size(); ++i) visit(found_.front.costs(i));
    for (const UniformSetting& setting : found_.uniform) visit(setting.costs);
    visit(found_.costs);
  }

  // Perturbations of 0 stand a decade below the least other one.
  void take_scale() {
    Scale above_zero;
    for_each_costs([&](const SearchCosts& c) {
      if (c.perturbation > 0) above_zero.take(std::log10(c.perturbation));
    });
    if (above_zero.high < above_zero.low) above_zero = {0, 1};
    floor_ = above_zero.low - 1;
    for_each_costs([&](const SearchCosts& c) { height_.take(level(c)); });
  }

  double level(const SearchCosts& c) const { return c.perturbation > 0 ? std::log10(c.perturbation) : floor_; }
  double y_of(const SearchCosts& c) const { return kTop + kHeight * (1 - height_.share(level(c))); }

  void grid(const ChartAxis& axis, const Scale& across, int left) {
    add(svg_element(
        "rect",
        {{"x", left}, {"y", kTop}, {"width", kPanel}, {"height", kHeight}, {"fill", "none"}, {"stroke", "#ccc"}}));
    for (int tick = 0; tick <= 4; ++tick) {
      const double share = tick / 4.0;
      text(left + kPanel * share, kTop + kHeight + 18,
           fmt::format("{:.3g}", across.low + (across.high - across.low) * share), "#666", "middle");
      text(left - 8, kTop + kHeight * (1 - share) + 4,
           fmt::format("{:.1e}", std::pow(10, height_.low + (height_.high - height_.low) * share)), "#666", "end");
    }
    text(left + kPanel / 2.0, kTop + kHeight + 40, axis.title, "#222", "middle");
    text(left, kTop - 28, "perturbation", "#222");
    text(left + kPanel, kTop - 28, axis.colour_title, "#666", "end");
  }

  void draw(const ChartAxis& axis, int left) {
    Scale across, colours;
    for_each_costs([&](const SearchCosts& c) {
      across.take(axis.value(c));
      colours.take(axis.colour(c));
    });
    grid(axis, across, left);
    const auto x_of = [&](const SearchCosts& c) { return left + kPanel * across.share(axis.value(c)); };
    std::set<std::pair<int, int>> drawn;
    for (size_t i = 0; i < found_.front.size(); ++i) {
      const SearchCosts& c = found_.front.costs(i);
      const double x = x_of(c), y = y_of(c);
      if (!drawn.insert({static_cast<int>(x) / kSpot, static_cast<int>(y) / kSpot}).second) continue;
      add(svg_element("circle",
                      {{"cx", x},
                       {"cy", y},
                       {"r", 1.8},
                       {"fill", fmt::format("hsl(212,65%,{:.0f}%)", 78 - 48 * colours.share(axis.colour(c)))}}));
    }
    std::vector<std::pair<double, double>> names;
    for (const UniformSetting& setting : found_.uniform) mark(setting, x_of(setting.costs), names);
    add(svg_element("circle", {{"cx", x_of(found_.costs)},
                               {"cy", y_of(found_.costs)},
                               {"r", 7},
                               {"fill", "none"},
                               {"stroke", "#c2185b"},
                               {"stroke-width", 2.5}}));
  }

  // The setting, and its name where no other one's stands.
  void mark(const UniformSetting& setting, double x, std::vector<std::pair<double, double>>& names) {
    const double y = y_of(setting.costs);
    add(svg_element("path", {{"d", fmt::format("M{:.1f} {:.1f}l5 5l-5 5l-5-5z", x, y - 5)}, {"fill", "#e65100"}}));
    const bool taken = std::any_of(names.begin(), names.end(), [&](const auto& other) {
      return std::abs(other.first - x) < 26 && std::abs(other.second - y) < 13;
    });
    if (taken) return;
    names.emplace_back(x, y);
    text(x, y - 9, fmt::format("{}/{}", setting.weight_bits, setting.value_bits), "#e65100", "middle",
         {{"font-size", 11}});
  }

  const MixedPrecision& found_;
  Scale height_;
  double floor_ = 0;
  std::string svg_;
};

}  // namespace

std::string draw_front(const std::string& title, const MixedPrecision& found) {
  return Chart(title, found).svg();
}

}  // namespace flashcell::quant
