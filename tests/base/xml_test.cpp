// XML from outside: what is read, what is refused, and that no file costs more than a bounded stack and memory.
#include "base/xml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tinyxml2.h>

#include <random>

namespace flashcell {
namespace {

std::string problem(const std::string& text, int first_line = 1) {
  tinyxml2::XMLDocument document;
  return read_xml(text, document, first_line);
}

TEST(Xml, ReadsAttributesTextEntitiesAndComments) {
  tinyxml2::XMLDocument document;
  const std::string text = "<?xml version=\"1.0\"?><!-- <a b=\"c\"> --><a  b = 'x>y' c=\"R&amp;D\">te&lt;xt<d/></a>\n" +
                           std::string(3, '\0');
  ASSERT_EQ(read_xml(text, document), "") << "zeros behind the end are padding";
  const tinyxml2::XMLElement* root = document.RootElement();
  ASSERT_NE(root, nullptr);
  EXPECT_STREQ(root->Attribute("b"), "x>y");
  EXPECT_STREQ(root->Attribute("c"), "R&D");
  EXPECT_STREQ(root->GetText(), "te<xt");
  EXPECT_NE(root->FirstChildElement("d"), nullptr);
}

TEST(Xml, SaysInWhichLineItIsWrong) {
  EXPECT_EQ(problem(""), "holds no XML");
  EXPECT_EQ(problem("<a>\n<b>\n</a>"), "line 2: is no valid XML") << "where the element begins that does not end";
  EXPECT_EQ(problem("<a>\n<b>\n</a>", 40), "line 41: is no valid XML");
  EXPECT_EQ(problem("<a b=1/>"), "line 1: is no valid XML");
  EXPECT_EQ(problem("<a>\n" + std::string(1, '\0') + "</a>"), "line 2: is no valid XML");
}

TEST(Xml, DepthAndSizeAreBounded) {
  std::string deep;
  for (int i = 0; i < 1000000; ++i) deep += "<a>";
  EXPECT_EQ(problem(deep), "line 1: nests its XML too deeply");
  std::string nested = "x";
  for (int i = 0; i < 90; ++i) nested = "<a>" + nested + "</a>";
  EXPECT_EQ(problem(nested), "");
  EXPECT_THAT(problem("<a>" + std::string(9 << 20, ' ') + "</a>"), testing::HasSubstr("more than the 8388608"));
}

TEST(Xml, DamagedTextNeverCrashesTheReader) {
  std::mt19937 random(1);
  const std::string whole = "<a b='c'><d>1</d><![CDATA[x]]><!-- y --><e f=\"&#65;\"/></a>";
  for (int i = 0; i < 3000; ++i) {
    std::string text = whole;
    for (int hits = 1 + static_cast<int>(random() % 4); hits > 0; --hits)
      text[random() % text.size()] = static_cast<char>(random());
    problem(text.substr(0, 1 + random() % text.size()));
  }
}

}  // namespace
}  // namespace flashcell
