#include "base/page/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/svg.hpp"
#include "base/text.hpp"

namespace flashcell {
namespace {

// The drawing area in user units; the style sheet scales the whole to the page.
constexpr double kWidth = 560, kHeight = 260;
constexpr double kLeft = 66, kRight = 544, kTop = 34, kBottom = 212;
constexpr double kSpanRow = 15;
constexpr double kMarkerRow = 13;  // markers' texts stand on three rows, so that close ones stay readable

double place(const ChartAxis& axis, double value, double from, double to) {
  const double v = std::clamp(value, axis.low, axis.high);
  const double share =
      axis.log ? std::log(v / axis.low) / std::log(axis.high / axis.low) : (v - axis.low) / (axis.high - axis.low);
  return from + share * (to - from);
}

double place_x(const ChartAxis& axis, double value) {
  return place(axis, value, kLeft, kRight);
}
double place_y(const ChartAxis& axis, double value) {
  return place(axis, value, kBottom, kTop);
}

std::vector<double> linear_ticks(double low, double high, int wanted) {
  const double raw = (high - low) / wanted;
  const double magnitude = std::pow(10.0, std::floor(std::log10(raw)));
  const double share = raw / magnitude;
  const double step = magnitude * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
  std::vector<double> ticks;
  const double first = std::ceil(low / step - 1e-9);
  for (double i = first; i * step <= high + step * 1e-9; ++i) ticks.push_back(i * step);
  return ticks;
}

// Decades, with 2 and 5 between them where there are few.
std::vector<double> log_ticks(double low, double high) {
  const bool few = high / low < 1000;
  std::vector<double> ticks;
  for (double decade = std::pow(10.0, std::floor(std::log10(low))); decade <= high; decade *= 10) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = decade * factor;
      if ((few || factor == 1.0) && tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push_back(tick);
    }
  }
  return ticks;
}

std::vector<double> ticks_of(const ChartAxis& axis, int wanted) {
  return axis.log ? log_ticks(axis.low, axis.high) : linear_ticks(axis.low, axis.high, wanted);
}

// An axis whose ends coincide, or that starts at 0 on a log scale, could not be divided.
ChartAxis usable(ChartAxis axis) {
  if (axis.log && !(axis.low > 0)) axis.low = 1;
  if (!(axis.high > axis.low)) axis.high = axis.log ? axis.low * 10 : axis.low + 1;
  return axis;
}

std::string tenths(double number) {
  return fmt::format("{:.1f}", number);
}

std::string path(std::string_view style, std::string_view places) {
  return svg_element("path", {{"class", style}, {"d", places}});
}

std::string x_axis(const ChartAxis& x, double bottom) {
  std::string out;
  for (const double tick : ticks_of(x, 6)) {
    const double at = place_x(x, tick);
    out += path("grid", fmt::format("M{:.1f} {}v5", at, bottom));
    out += svg_words("text", {{"class", "tick mid"}, {"x", tenths(at)}, {"y", bottom + 20}}, x.text(tick));
  }
  out += path("axis", fmt::format("M{} {}H{}", kLeft, bottom, kRight));
  return out + svg_words("text", {{"class", "label mid"}, {"x", (kLeft + kRight) / 2}, {"y", bottom + 40}}, x.label);
}

std::string axes(const ChartAxis& x, const ChartAxis& y) {
  std::string out;
  for (const double tick : ticks_of(y, 4)) {
    const double at = place_y(y, tick);
    out += path("grid", fmt::format("M{} {:.1f}H{}", kLeft, at, kRight));
    out += svg_words("text", {{"class", "tick end"}, {"x", kLeft - 8}, {"y", tenths(at + 4)}}, y.text(tick));
  }
  out += x_axis(x, kBottom);
  return out + svg_words("text", {{"class", "label"}, {"x", 4}, {"y", 14}}, y.label);
}

std::string band_path(const ChartAxis& x, const ChartAxis& y, const std::vector<ChartPoint>& points) {
  std::string upper, lower;
  for (const ChartPoint& p : points) {
    upper += fmt::format("{}{:.1f} {:.1f}", upper.empty() ? "M" : "L", place_x(x, p.x), place_y(y, p.high));
  }
  for (auto p = points.rbegin(); p != points.rend(); ++p) {
    lower += fmt::format("L{:.1f} {:.1f}", place_x(x, p->x), place_y(y, p->low));
  }
  return upper + lower + "Z";
}

std::string draw_line(const ChartAxis& x, const ChartAxis& y, const ChartLine& line, size_t style) {
  const std::vector<ChartPoint>& points = line.points;
  std::string out;
  if (std::any_of(points.begin(), points.end(), [](const ChartPoint& p) { return p.low < p.high; })) {
    out += path(fmt::format("band s{}", style), band_path(x, y, points));
  }
  if (points.size() == 1) {
    return out + svg_element("circle", {{"class", fmt::format("dot s{}", style)},
                                        {"cx", tenths(place_x(x, points[0].x))},
                                        {"cy", tenths(place_y(y, points[0].y))},
                                        {"r", 3.5}});
  }
  std::string places;
  for (const ChartPoint& p : points) {
    places += fmt::format("{}{:.1f} {:.1f}", places.empty() || p.apart ? "M" : "L", place_x(x, p.x), place_y(y, p.y));
  }
  return out + path(fmt::format("line s{}{}", style, line.dashed ? " dashed" : ""), places);
}

std::string chart(const std::string& content, double height = kHeight) {
  return svg_element(
      "svg", {{"class", "chart"}, {"viewBox", fmt::format("0 0 {} {}", kWidth, height)}, {"role", "img"}}, content);
}

}  // namespace

std::string short_number(double value) {
  const double magnitude = std::fabs(value);
  if (magnitude >= 999.5) {
    std::string digits = fmt::format("{:.0f}", value);
    for (int at = static_cast<int>(digits.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3) {
      digits.insert(static_cast<size_t>(at), 1, ',');
    }
    return digits;
  }
  return fmt::format("{:.3g}", magnitude < 1e-12 ? 0.0 : value);
}

std::string short_duration(double ns) {
  if (ns < 999.5) return fmt::format("{:.3g} ns", ns);
  if (ns < 999.5e3) return fmt::format("{:.3g} µs", ns / 1e3);
  if (ns < 999.5e6) return fmt::format("{:.3g} ms", ns / 1e6);
  return short_number(ns / 1e9) + " s";
}

std::string bare_line_chart(const ChartAxis& x_wanted, const ChartAxis& y_wanted, const std::vector<ChartLine>& lines) {
  const ChartAxis x = usable(x_wanted), y = usable(y_wanted);
  std::string drawn = axes(x, y);
  for (size_t i = 0; i < lines.size(); ++i) drawn += draw_line(x, y, lines[i], i);
  return chart(drawn);
}

std::string legend(const std::vector<ChartLine>& lines) {
  std::string out = "<p class=\"legend\">";
  for (size_t i = 0; i < lines.size(); ++i)
    out += fmt::format("<span><i class=\"s{}\"></i>{}</span>", i, markup_escape(lines[i].name));
  return out + "</p>";
}

std::string line_chart(const ChartAxis& x, const ChartAxis& y, const std::vector<ChartLine>& lines) {
  return bare_line_chart(x, y, lines) + (lines.size() > 1 ? legend(lines) : "");
}

std::string span_chart(const ChartAxis& x_wanted, const std::vector<ChartRow>& rows) {
  const ChartAxis x = usable(x_wanted);
  const double bottom = kSpanRow * static_cast<double>(rows.size()) + kSpanRow / 2;
  std::string out;
  for (size_t i = 0; i < rows.size(); ++i) {
    const double top = kSpanRow * static_cast<double>(i) + 3;
    out += svg_words("text", {{"class", "tick end"}, {"x", kLeft - 8}, {"y", tenths(top + 9)}}, rows[i].name);
    for (const ChartSpan& span : rows[i].spans) {
      const double left = place_x(x, span.low);
      out += svg_element("rect", {{"class", span.style},
                                  {"x", tenths(left)},
                                  {"y", tenths(top)},
                                  {"width", tenths(std::max(0.7, place_x(x, span.high) - left))},
                                  {"height", tenths(kSpanRow - 5)}});
    }
  }
  return chart(out + x_axis(x, bottom), bottom + kHeight - kBottom);
}

std::string bar_chart(const ChartAxis& x_wanted, const ChartAxis& y_wanted, const std::vector<ChartBar>& bars,
                      const std::vector<ChartMarker>& markers) {
  const ChartAxis x = usable(x_wanted), y = usable(y_wanted);
  std::string out = axes(x, y);
  for (const ChartBar& bar : bars) {
    if (!(bar.value > 0)) continue;
    const double left = place_x(x, bar.low), top = place_y(y, bar.value);
    const double width = std::max(1.0, place_x(x, bar.high) - left - 1);
    out += svg_element("rect", {{"class", "bar s0"},
                                {"x", tenths(left)},
                                {"y", tenths(top)},
                                {"width", tenths(width)},
                                {"height", tenths(kBottom - top)}});
  }
  for (size_t i = 0; i < markers.size(); ++i) {
    const double at = place_x(x, markers[i].x), text_y = kTop + kMarkerRow * static_cast<double>(i % 4);
    const bool right_half = at > (kLeft + kRight) / 2;
    out += path("marker", fmt::format("M{:.1f} {:.1f}V{}", at, text_y - 9, kBottom));
    out += svg_words("text",
                     {{"class", right_half ? "tick marked end" : "tick marked"},
                      {"x", tenths(at + (right_half ? -4 : 4))},
                      {"y", tenths(text_y)}},
                     markers[i].text);
  }
  return chart(out);
}

}  // namespace flashcell
