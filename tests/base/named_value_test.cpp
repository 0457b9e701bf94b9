// Names of an enum's values, whatever their order.
#include "base/named_value.hpp"

#include <gtest/gtest.h>

namespace flashcell {
namespace {

enum class Fruit { apple = 7, pear = 2, quince = 5, plum = 1 };

constexpr NamedValue<Fruit> kFruit[] = {{Fruit::quince, "quince"}, {Fruit::apple, "apple"}, {Fruit::pear, "pear"}};

TEST(NamedValue, EachValueHasItsOwnName) {
  EXPECT_STREQ(name_in(kFruit, Fruit::apple), "apple");
  EXPECT_STREQ(name_in(kFruit, Fruit::pear), "pear");
  EXPECT_STREQ(name_in(kFruit, Fruit::quince), "quince");
  EXPECT_STREQ(name_in(kFruit, Fruit::plum), "?");
  EXPECT_EQ(value_in(kFruit, "apple"), Fruit::apple);
  EXPECT_EQ(value_in(kFruit, "quince"), Fruit::quince);
  EXPECT_EQ(value_in(kFruit, "plum"), std::nullopt);
  EXPECT_EQ(value_in(kFruit, "Apple"), std::nullopt);
  EXPECT_EQ(names_in(kFruit), (std::vector<std::string>{"quince", "apple", "pear"}));
}

}  // namespace
}  // namespace flashcell
