// Text from outside: what is UTF-8 is decided by RFC 3629's own table of well-formed sequences.
#include "base/text.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace flashcell {
namespace {

// Encodes by the definition, also what must not be encoded.
std::string encoded(uint32_t point, int length) {
  if (length == 1) return {static_cast<char>(point)};
  std::string out;
  for (int i = 0; i < length - 1; ++i) out.insert(out.begin(), static_cast<char>(0x80 | (point >> 6 * i & 0x3F)));
  const uint32_t lead = 0xF00u >> length & 0xFF;
  out.insert(out.begin(), static_cast<char>(lead | point >> 6 * (length - 1)));
  return out;
}

int shortest(uint32_t point) {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

TEST(Text, EveryCodePointInEveryLength) {
  for (uint32_t point = 0; point < 0x1FFFFF; point += point < 0x11000 ? 1 : 0x101) {
    for (int length = 1; length <= 4; ++length) {
      const uint32_t most = length == 1 ? 0x7F : length == 2 ? 0x7FF : length == 3 ? 0xFFFF : 0x1FFFFF;
      if (point > most) continue;
      const bool allowed = length == shortest(point) && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
      ASSERT_EQ(is_utf8(encoded(point, length)), allowed) << std::hex << point << " in " << length;
    }
  }
}

TEST(Text, CutSequencesAreNotUtf8) {
  for (const uint32_t point : {0xE9u, 0x20ACu, 0x1F41Cu}) {
    const std::string whole = encoded(point, shortest(point));
    for (size_t size = 1; size < whole.size(); ++size) {
      EXPECT_FALSE(is_utf8(whole.substr(0, size)));
      EXPECT_FALSE(is_utf8(std::string("a").append(whole, 0, size) + "b"));
    }
  }
}

TEST(Text, Latin1IsReplacedNotDropped) {
  EXPECT_EQ(to_utf8("m\xFC"
                    "cke"),
            "m\xEF\xBF\xBD"
            "cke");
  EXPECT_EQ(to_utf8("mücke"), "mücke");
}

TEST(Text, TerminalSeesNoControlCharacter) {
  EXPECT_EQ(printable("a\x1B[31mred\r\n\x7F"), "a\\x1B[31mred\\x0D\\x0A\\x7F");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\xC2\\x9B31m");  // CSI in one C1 character
  EXPECT_EQ(printable("fliege.avi 日本 é"), "fliege.avi 日本 é");
  EXPECT_EQ(printable("\xE9"), "\\xE9");
}

TEST(Text, TerminalLinesStayLines) {
  EXPECT_EQ(printable_lines("a\x1B\nb\r\n"), "a\\x1B\nb\\x0D\n");
  EXPECT_EQ(printable_lines(""), "");
}

TEST(Text, Markup) {
  EXPECT_EQ(markup_escape("<a href=\"x\">'&'</a>\x01\xFF"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;\xEF\xBF\xBD");
}

TEST(Text, CsvFields) {
  EXPECT_EQ(csv_field("ant"), "ant");
  EXPECT_EQ(csv_field("ant, small"), "\"ant, small\"");
  EXPECT_EQ(csv_field("say \"ant\"\n"), "\"say \"\"ant\"\" \"");
  EXPECT_EQ(csv_field("=1+1"), "'=1+1");
  EXPECT_EQ(csv_field("-x"), "'-x");
  EXPECT_EQ(csv_field("@SUM(A1,A2)"), "\"'@SUM(A1,A2)\"");
  EXPECT_EQ(csv_field("'t"), "''t");
}

TEST(Text, CsvFieldsComeBackAsTheyWere) {
  const std::vector<std::string> texts = {"ant",  "",  " ant ", "a,b", "\"",       "\"\",\"", "=1+1", "'=1", "'",
                                          "''-x", "-", "#1",    "\tx", "a\"b,c\"", "'\"",     "@",    "\xE9"};
  std::string line;
  for (const std::string& text : texts) line.append(&text == &texts[0] ? "" : ",").append(csv_field(text));
  std::vector<std::string_view> fields;
  split_csv(line, fields);
  ASSERT_EQ(fields.size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(csv_text(fields[i]), texts[i]);
}

TEST(Text, CsvLinesOfOthers) {
  const auto split = [](std::string_view line) {
    std::vector<std::string_view> fields;
    split_csv(line, fields);
    return std::vector<std::string>(fields.begin(), fields.end());
  };
  using Fields = std::vector<std::string>;
  EXPECT_EQ(split(""), Fields{""});
  EXPECT_EQ(split(" 1 ,-2.5,\tx\r"), (Fields{"1", "-2.5", "x"}));
  EXPECT_EQ(split("a,,b,"), (Fields{"a", "", "b", ""}));
  EXPECT_EQ(split("\"a,b"), Fields{"\"a,b"});
  EXPECT_EQ(split("5\",6"), (Fields{"5\"", "6"}));
  EXPECT_EQ(split("\"a\"\"b\" ,c"), (Fields{"\"a\"\"b\"", "c"}));
  EXPECT_EQ(csv_text("'tis"), "'tis");
  EXPECT_EQ(csv_text("\""), "\"");
  EXPECT_EQ(csv_text("'"), "'");
}

TEST(Text, JsonHasNoControlCharacterForATerminal) {
  const std::string csi = "\xC2\x9B";
  EXPECT_EQ(json_string("a" + csi + "\x7F" + "\x1B"), "\"a\\u009b\\u007f\\u001b\"");
  EXPECT_EQ(json_for_terminal("{\n \"a" + csi + "\x7F\": \"é\"\n}"), "{\n \"a\\u009b\\u007f\": \"é\"\n}");
}

TEST(Text, JsonStrings) {
  EXPECT_EQ(json_string("a\"\\\n\x01é\xE9"), "\"a\\\"\\\\\\u000a\\u0001é\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace flashcell
