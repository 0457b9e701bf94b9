#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace flashcell {

/// A number with about three significant digits, for people: 0.123, 12.3, 1,230, 12,300.
std::string short_number(double value);

/// A duration in ns with about three significant digits and its unit: "820 ns", "12.3 µs".
std::string short_duration(double ns);

struct ChartAxis {
  std::string label;
  double low = 0, high = 1;
  bool log = false;                                        ///< then low > 0
  std::function<std::string(double)> text = short_number;  ///< of a tick
};

struct ChartPoint {
  double x = 0, y = 0;
  double low = 0, high = 0;  ///< band around y; drawn where low < high
  bool apart = false;        ///< no line leads here from the point before
};

/// One line of a chart; its colour is the style sheet's .s0, .s1, … by position.
struct ChartLine {
  std::string name;  ///< in the legend, when there is more than one
  std::vector<ChartPoint> points;
  bool dashed = false;
};

struct ChartBar {
  double low = 0, high = 0;  ///< on x
  double value = 0;
};

/// A vertical line with a text at its top.
struct ChartMarker {
  double x = 0;
  std::string text;
};

/// A stretch of a row; `style` is a class of the style sheet.
struct ChartSpan {
  double low = 0, high = 0;  ///< on x
  const char* style = "";
};

/// A row of stretches with its name at the left.
struct ChartRow {
  std::string name;
  std::vector<ChartSpan> spans;
};

/// Inline SVG, without scripts or outside resources. Values outside the axes are drawn at their edge.
std::string line_chart(const ChartAxis& x, const ChartAxis& y, const std::vector<ChartLine>& lines);
std::string bar_chart(const ChartAxis& x, const ChartAxis& y, const std::vector<ChartBar>& bars,
                      const std::vector<ChartMarker>& markers);
std::string span_chart(const ChartAxis& x, const std::vector<ChartRow>& rows);

/// The same line as line_chart() draws below its lines: what they are.
std::string legend(const std::vector<ChartLine>& lines);
/// The lines alone.
std::string bare_line_chart(const ChartAxis& x, const ChartAxis& y, const std::vector<ChartLine>& lines);

}  // namespace flashcell
