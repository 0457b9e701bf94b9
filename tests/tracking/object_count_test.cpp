#include "tracking/object_count.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace flashcell::tracking {
namespace {

using testing::HasSubstr;

std::string fault_of(const std::string& text) {
  try {
    parse_object_count(text);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "none";
}

TEST(ObjectCount, ReadsANumberARangeAndNothing) {
  EXPECT_EQ(parse_object_count("2"), (ObjectCount{2, 2}));
  EXPECT_EQ(parse_object_count("2..5"), (ObjectCount{2, 5}));
  EXPECT_EQ(parse_object_count("0..3"), (ObjectCount{0, 3}));
  EXPECT_EQ(parse_object_count("1048576"), (ObjectCount{ObjectCount::kMost, ObjectCount::kMost}));
  EXPECT_FALSE(parse_object_count("").known());
}

TEST(ObjectCount, ReadsWhatItPrints) {
  for (const ObjectCount count : {ObjectCount{}, ObjectCount{1, 1}, ObjectCount{0, 4}, ObjectCount{7, 900}})
    EXPECT_EQ(parse_object_count(to_text(count)), count) << to_text(count);
}

TEST(ObjectCount, SaysWhatIsWrong) {
  for (const char* text :
       {"two", "-2", "2.5", "2..", "..5", "2...5", "2..5..7", " 2", "2 ", "+2", "1048577", "99999999999", "2..x", "0"})
    EXPECT_THAT(fault_of(text), HasSubstr("write 2, or 2..5")) << text;
  EXPECT_THAT(fault_of("5..2"), HasSubstr("write 2..5"));
  EXPECT_THAT(fault_of("0"), HasSubstr("0..1 for one or none"));
  EXPECT_THAT(fault_of("0..0"), HasSubstr("leaves no object"));
}

TEST(ObjectCount, IsMetWithinItsEnds) {
  const ObjectCount count{2, 4};
  for (int n = 0; n < 7; ++n) {
    EXPECT_EQ(count.met_by(n), n >= 2 && n <= 4) << n;
    EXPECT_TRUE(ObjectCount{}.met_by(n));
  }
}

}  // namespace
}  // namespace flashcell::tracking
