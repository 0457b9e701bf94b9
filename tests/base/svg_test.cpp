// Drawings as text: how elements, numbers and words from outside are written.
#include "base/svg.hpp"

#include <gtest/gtest.h>

namespace flashcell {
namespace {

TEST(Svg, ElementsAreWritten) {
  EXPECT_EQ(svg_element("line", {{"x1", 3}, {"y1", 0.1}, {"stroke", "#ddd"}}),
            "<line x1=\"3\" y1=\"0.1\" stroke=\"#ddd\"/>");
  EXPECT_EQ(svg_element("g", {}, "<a/>"), "<g><a/></g>");
  EXPECT_EQ(svg_file({{"width", 10}}, "<a/>\n"),
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\">\n<a/>\n</svg>\n");
  EXPECT_EQ(SvgAttribute::digits(1234567.0), "1.23457e+06");
  EXPECT_EQ(SvgAttribute::digits(100.0 / 3), "33.3333");
}

TEST(Svg, WordsFromOutsideStayWords) {
  EXPECT_EQ(svg_words("text", {{"x", 1}}, "</text><script>\"&"),
            "<text x=\"1\">&lt;/text&gt;&lt;script&gt;&quot;&amp;</text>");
  EXPECT_EQ(svg_element("a", {{"href", "\"><script>"}}), "<a href=\"&quot;&gt;&lt;script&gt;\"/>");
}

}  // namespace
}  // namespace flashcell
