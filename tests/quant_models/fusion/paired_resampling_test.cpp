#include "quant_models/fusion/paired_resampling.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace flashcell::quant {
namespace {

/// One object a picture, found in the pictures that `found` names.
template <class Found>
std::vector<DetectedPicture> pictures(int count, const Found& found) {
  std::vector<DetectedPicture> all;
  for (int i = 0; i < count; ++i) {
    DetectedPicture picture{{{{10, 10, 30, 30}, 0}}, {}};
    if (found(i)) picture.detections.push_back({{10, 10, 30, 30}, 0, 0.9F});
    all.push_back(picture);
  }
  return all;
}

TEST(PairedResampling, TellsWhatIsSureFromWhatIsNot) {
  const auto all = pictures(40, [](int) { return true; }), none = pictures(40, [](int) { return false; });
  EXPECT_EQ(share_at_least(all, none, 1, 200, 1), 1);
  EXPECT_EQ(share_at_least(none, all, 1, 200, 1), 0);
  EXPECT_EQ(share_at_least(all, all, 1, 200, 1), 1);  // the same pictures of both: never less
  const auto even = pictures(40, [](int i) { return i % 2 == 0; }),
             odd = pictures(40, [](int i) { return i % 2 == 1; });
  // Recall of each is binomial(40, 1/2) / 40, the sum is 1: one is at least the other in 1/2 + P(equal) / 2 = 0.5627.
  EXPECT_NEAR(share_at_least(even, odd, 1, 2000, 1), 0.5627, 0.045);  // 4 standard deviations
  EXPECT_THROW(share_at_least(all, pictures(39, [](int) { return true; }), 1, 10, 1), std::invalid_argument);
  EXPECT_THROW(share_at_least({}, {}, 1, 10, 1), std::invalid_argument);
}

}  // namespace
}  // namespace flashcell::quant
