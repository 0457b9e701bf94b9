#include "base/reliability.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/svg.hpp"

namespace flashcell {

void Reliability::add(double confidence, bool right, double weight) {
  const double place = std::clamp(confidence, 0.0, 1.0) * kBins;
  Bin& bin = bins_[std::min(static_cast<size_t>(place), kBins - 1)];
  bin.weight += weight;
  bin.confidence += weight * confidence;
  if (right)
    bin.right += weight;
  else
    most_wrong_ = std::max(most_wrong_, confidence);
}

void Reliability::add(const Reliability& other) {
  for (size_t i = 0; i < kBins; ++i) {
    bins_[i].weight += other.bins_[i].weight;
    bins_[i].right += other.bins_[i].right;
    bins_[i].confidence += other.bins_[i].confidence;
  }
  most_wrong_ = std::max(most_wrong_, other.most_wrong_);
}

double Reliability::weight() const {
  double sum = 0;
  for (const Bin& bin : bins_) sum += bin.weight;
  return sum;
}

double Reliability::share_right() const {
  double right = 0;
  for (const Bin& bin : bins_) right += bin.right;
  const double all = weight();
  return all > 0 ? right / all : 0;
}

double Reliability::error() const {
  double off = 0;
  for (const Bin& bin : bins_) off += std::abs(bin.confidence - bin.right);
  const double all = weight();
  return all > 0 ? off / all : 0;
}

std::string Reliability::table() const {
  std::string text = fmt::format("{:>12}{:>10}{:>12}{:>10}\n", "confidence", "number", "mean", "right");
  for (size_t i = 0; i < kBins; ++i) {
    const Bin& bin = bins_[i];
    if (bin.weight <= 0) continue;
    text += fmt::format("{:>6.1f}..{:.1f} {:>10.0f}{:>12.3f}{:>10.3f}\n", static_cast<double>(i) / kBins,
                        static_cast<double>(i + 1) / kBins, bin.weight, bin.mean_confidence(), bin.share_right());
  }
  return text;
}

std::string Reliability::diagram(const std::string& title) const {
  constexpr double kSide = 300, kLeft = 60, kTop = 40;
  const auto x = [](double share) { return kLeft + kSide * share; };
  const auto y = [](double share) { return kTop + kSide * (1 - share); };
  std::string content = svg_element("rect", {{"width", 400}, {"height", 400}, {"fill", "white"}});
  double most = 0;
  for (const Bin& bin : bins_) most = std::max(most, bin.weight);
  for (size_t i = 0; i < kBins; ++i) {
    const Bin& bin = bins_[i];
    if (bin.weight <= 0) continue;
    const double left = x(static_cast<double>(i) / kBins), top = y(bin.share_right());
    // Pale where little was said.
    content += svg_element("rect", {{"x", left + 1},
                                    {"y", top},
                                    {"width", kSide / kBins - 2},
                                    {"height", y(0) - top},
                                    {"fill", "#3f78b5"},
                                    {"fill-opacity", 0.25 + 0.75 * std::sqrt(bin.weight / most)}});
    content += svg_element("circle", {{"cx", x(bin.mean_confidence())}, {"cy", top}, {"r", 4}, {"fill", "#c43d2f"}});
  }
  content += svg_element(
      "line",
      {{"x1", x(0)}, {"y1", y(0)}, {"x2", x(1)}, {"y2", y(1)}, {"stroke", "#555"}, {"stroke-dasharray", "4 4"}});
  content += svg_element(
      "rect", {{"x", x(0)}, {"y", y(1)}, {"width", kSide}, {"height", kSide}, {"fill", "none"}, {"stroke", "#222"}});
  for (const double share : {0.0, 0.5, 1.0}) {
    const std::string words = fmt::format("{:.1f}", share);
    content += svg_words("text", {{"x", x(share)}, {"y", y(0) + 18}, {"text-anchor", "middle"}}, words);
    content += svg_words("text", {{"x", x(0) - 8}, {"y", y(share) + 4}, {"text-anchor", "end"}}, words);
  }
  content += svg_words("text", {{"x", x(0.5)}, {"y", y(0) + 40}, {"text-anchor", "middle"}}, "confidence");
  content +=
      svg_words("text", {{"x", 18}, {"y", y(0.5)}, {"text-anchor", "middle"}, {"transform", "rotate(-90 18 190)"}},
                "share that is right");
  content += svg_words("text", {{"x", x(0)}, {"y", 24}, {"font-size", 13}}, title);
  content += svg_words("text", {{"x", x(0.04)}, {"y", y(0.94)}},
                       fmt::format("calibration error {:.3f}, {:.1f} % right", error(), 100 * share_right()));
  return svg_file(
      {{"width", 400}, {"height", 400}, {"viewBox", "0 0 400 400"}, {"font-family", "sans-serif"}, {"font-size", 12}},
      content);
}

}  // namespace flashcell
