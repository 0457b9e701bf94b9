#include "pipeline/unfamiliar.hpp"

#include <gtest/gtest.h>

#include "pipeline/run_summary.hpp"

namespace flashcell {
namespace {

Calibration learned_from(float objects) {
  return {1, 0.1F, objects, 0};
}

TEST(Unfamiliar, FarMoreThanIsExpectedAndThanChance) {
  // Of many objects a fifth is enough to be sure.
  EXPECT_FALSE(is_unfamiliar({100, 10000, 500}, learned_from(100)));
  EXPECT_FALSE(is_unfamiliar({100, 10000, 1900}, learned_from(100)));
  EXPECT_TRUE(is_unfamiliar({100, 10000, 2100}, learned_from(100)));
  // One of two objects may look odd, however often it is seen.
  EXPECT_FALSE(is_unfamiliar({2, 100000, 50000}, learned_from(100)));
  EXPECT_TRUE(is_unfamiliar({2, 100000, 60000}, learned_from(100)));
  // What ten examples do not exceed says less.
  EXPECT_FALSE(is_unfamiliar({100, 10000, 3500}, learned_from(10)));
  EXPECT_TRUE(is_unfamiliar({100, 10000, 6000}, learned_from(10)));
}

TEST(Unfamiliar, NothingIsSaidWhereNothingIsKnown) {
  EXPECT_FALSE(is_unfamiliar({100, 10000, 10000}, Calibration()));
  EXPECT_FALSE(is_unfamiliar({}, learned_from(100)));
  EXPECT_FALSE(RunSummary().looks_unfamiliar());
}

TEST(Unfamiliar, IsToldInShares) {
  EXPECT_NE(unfamiliar_text({10, 1000, 630}).find("63 % of the sightings"), std::string::npos);
}

}  // namespace
}  // namespace flashcell
