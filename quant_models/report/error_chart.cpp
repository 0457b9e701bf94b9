#include "quant_models/report/error_chart.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/svg.hpp"
#include "quant_models/report/printed.hpp"

namespace flashcell::quant {
namespace {

constexpr int kRow = 22, kTop = 84, kBar = 360, kNumbers = 266, kMargin = 24;
constexpr double kFullDb = 60, kCharacter = 7.2;
constexpr size_t kLongestName = 48;

// The end of a long name tells more than its beginning.
std::string shortened(const std::string& name) {
  return name.size() <= kLongestName ? name : "..." + name.substr(name.size() - kLongestName + 3);
}

// Red, yellow, green along the scale of decibels.
std::string colour(double sqnr_db) {
  const double share = std::clamp((sqnr_db - 10) / 30, 0.0, 1.0);
  return "hsl(" + printed("%.0f", 8 + 132 * share) + ",62%,48%)";
}

class Chart {
 public:
  Chart(const std::string& title, const std::vector<ValueError>& report) {
    size_t longest = 12;
    for (const ValueError& e : report) longest = std::max({longest, shortened(e.name).size(), e.layer.size()});
    left_ = kMargin + static_cast<int>(kCharacter * static_cast<double>(longest)) + 16;
    height_ = kTop + kRow * static_cast<int>(report.size()) + kMargin;
    const int width = left_ + kBar + kNumbers + kMargin;
    add(svg_element("rect", {{"width", "100%"}, {"height", "100%"}, {"fill", "#fff"}}));
    text(kMargin, 30, title, "#111", "start", {{"font-size", 16}, {"font-weight", 600}});
    text(kMargin, 50, "signal to quantization noise of every value (longer is better)", "#666");
    grid();
    for (size_t i = 0; i < report.size(); ++i) row(kTop + kRow * static_cast<int>(i), report[i]);
    svg_ = svg_file({{"viewBox", "0 0 " + std::to_string(width) + ' ' + std::to_string(height_)},
                     {"width", width},
                     {"height", height_},
                     {"font-family", "system-ui, sans-serif"},
                     {"font-size", 12}},
                    svg_);
  }

  const std::string& svg() const { return svg_; }

 private:
  void add(const std::string& element) { svg_ += element + "\n"; }

  void text(double x, double y, const std::string& words, const char* fill, const char* anchor = "start",
            const SvgAttributes& more = {}) {
    SvgAttributes attributes{{"x", x}, {"y", y}, {"fill", fill}, {"text-anchor", anchor}};
    attributes.insert(attributes.end(), more.begin(), more.end());
    add(svg_words("text", attributes, words));
  }

  void grid() {
    for (int db = 0; db <= static_cast<int>(kFullDb); db += 10) {
      const double x = left_ + kBar * db / kFullDb;
      add(svg_element("line",
                      {{"x1", x}, {"x2", x}, {"y1", kTop - 4}, {"y2", height_ - kMargin}, {"stroke", "#e6e6e6"}}));
      text(x, kTop - 10, std::to_string(db) + (db == 0 ? " dB" : ""), "#888", "middle");
    }
    text(left_ + kBar + 74, kTop - 10, "SQNR dB", "#888", "end");
    text(left_ + kBar + 156, kTop - 10, "1 - cosine", "#888", "end");
    text(left_ + kBar + kNumbers, kTop - 10, "weights / value", "#888", "end");
  }

  void row(int y, const ValueError& e) {
    const double share = std::isfinite(e.sqnr_db) ? std::clamp(e.sqnr_db / kFullDb, 0.0, 1.0) : 1;
    const int line = y + 15;
    text(left_ - 10, line, shortened(e.name), e.value_bits > 0 ? "#222" : "#999", "end");
    SvgAttributes bar{{"x", left_}, {"y", y + 3}, {"width", kBar * share}, {"height", kRow - 7}, {"rx", 3}};
    bar.emplace_back("fill", colour(e.sqnr_db));
    if (e.value_bits <= 0) bar.emplace_back("opacity", 0.45);
    add(svg_element("rect", bar, svg_words("title", {}, e.name + ": " + e.layer)));
    text(left_ + kBar + 74, line, std::isfinite(e.sqnr_db) ? printed("%.1f", e.sqnr_db) : "exact", "#222", "end");
    text(left_ + kBar + 156, line, printed("%.1e", std::max(0.0, 1 - e.cosine)), "#666", "end");
    text(left_ + kBar + kNumbers, line, bits(e.weight_bits) + " / " + bits(e.value_bits), "#666", "end");
  }

  static std::string bits(int bits) { return bits > 0 ? std::to_string(bits) : "-"; }

  int left_ = 0, height_ = 0;
  std::string svg_;
};

}  // namespace

std::string draw_errors(const std::string& title, const std::vector<ValueError>& report) {
  return Chart(title, report).svg();
}

}  // namespace flashcell::quant
