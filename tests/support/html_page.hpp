#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

// What holds for every HTML page that we write.
namespace flashcell::test {

/// Without what stands between `from` and `to`, the latter excluded.
inline std::string without(std::string page, const std::string& from, const std::string& to) {
  for (size_t at = page.find(from); at != std::string::npos; at = page.find(from, at + from.size())) {
    const size_t end = page.find(to, at + from.size());
    page.erase(at + from.size(), end - at - from.size());
  }
  return page;
}

/// Every element is closed in its turn (HTML's void elements aside).
inline void expect_well_formed(const std::string& page) {
  static const std::set<std::string> kVoid{"meta", "input", "br", "img", "!DOCTYPE"};
  std::vector<std::string> open;
  for (size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const size_t end = page.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = page.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" /\n", 1));
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty()) << tag;
      ASSERT_EQ("/" + open.back(), tag) << page.substr(at > 200 ? at - 200 : 0, 300);
      open.pop_back();
    } else if (tag.back() != '/' && !kVoid.contains(name)) {
      open.push_back(name);
    }
    EXPECT_EQ(std::count(tag.begin(), tag.end(), '"') % 2, 0) << tag.substr(0, 200);
  }
  EXPECT_TRUE(open.empty()) << open.back();
}

/// A page that needs nothing but itself, with numbers that are numbers. Returns it without its scripts, styles and
/// pictures.
inline std::string expect_own_page(const std::string& page) {
  EXPECT_EQ(page.find("http"), std::string::npos);
  EXPECT_EQ(page.find("<link"), std::string::npos);
  EXPECT_EQ(page.find("@import"), std::string::npos);
  EXPECT_EQ(page.find("url("), std::string::npos);
  for (size_t at = page.find(" src="); at != std::string::npos; at = page.find(" src=", at + 1))
    EXPECT_EQ(page.compare(at, 11, " src=\"data:"), 0) << page.substr(at, 80);
  std::string text = without(without(without(page, "base64,", "\""), "<script>", "</script>"), "<style>", "</style>");
  const size_t nan = text.find("nan");
  EXPECT_EQ(nan, std::string::npos) << text.substr(nan > 100 && nan < text.size() ? nan - 100 : 0, 200);
  EXPECT_EQ(text.find("inf\""), std::string::npos);
  expect_well_formed(text);
  EXPECT_EQ(page.substr(page.size() - 8), "</html>\n");
  return text;
}

}  // namespace flashcell::test
