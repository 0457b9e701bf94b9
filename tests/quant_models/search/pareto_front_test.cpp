// Exact fronts against enumeration, on random decisions.
#include "quant_models/search/pareto_front.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "quant_models/search/choose_point.hpp"

namespace flashcell::quant {
namespace {

using Random = std::mt19937;

bool beats(const SearchCosts& a, const SearchCosts& b) {
  return a != b && a.perturbation <= b.perturbation && a.weight_bits <= b.weight_bits &&
         a.bit_operations <= b.bit_operations && a.time <= b.time;
}

/// Few different costs, so that many sums are equal.
std::vector<Decision> random_decisions(Random& random, size_t count, bool timed) {
  std::vector<Decision> decisions;
  for (size_t i = 0; i < count; ++i) {
    Decision decision;
    const size_t options = 1 + random() % 4;
    for (size_t o = 0; o < options; ++o)
      decision.options.push_back({{static_cast<double>(random() % 16) / 8, static_cast<int64_t>(random() % 5),
                                   static_cast<int64_t>(random() % 6), timed ? static_cast<int64_t>(random() % 4) : 0},
                                  {static_cast<int>(o)}});
    decisions.push_back(std::move(decision));
  }
  return decisions;
}

void for_each_way(std::span<const Decision> decisions, const std::function<void(const std::vector<size_t>&)>& visit) {
  std::vector<size_t> options(decisions.size(), 0);
  for (size_t place = 0; place < decisions.size();) {
    visit(options);
    for (place = 0; place < decisions.size() && ++options[place] == decisions[place].options.size(); ++place)
      options[place] = 0;
  }
}

std::vector<SearchCosts> enumerated_front(std::span<const Decision> decisions) {
  std::vector<SearchCosts> all, front;
  for_each_way(decisions, [&](const std::vector<size_t>& options) { all.push_back(costs_of(decisions, options)); });
  for (const SearchCosts& c : all)
    if (std::find(front.begin(), front.end(), c) == front.end() &&
        std::none_of(all.begin(), all.end(), [&](const SearchCosts& other) { return beats(other, c); }))
      front.push_back(c);
  std::sort(front.begin(), front.end(), [](const SearchCosts& a, const SearchCosts& b) {
    return std::tie(a.weight_bits, a.bit_operations, a.time, a.perturbation) <
           std::tie(b.weight_bits, b.bit_operations, b.time, b.perturbation);
  });
  return front;
}

std::vector<SearchCosts> costs_of(const ParetoFront& front) {
  std::vector<SearchCosts> costs;
  for (size_t i = 0; i < front.size(); ++i) costs.push_back(front.costs(i));
  return costs;
}

TEST(ParetoFront, IsWhatEnumerationFinds) {
  Random random(1);
  size_t points = 0;
  for (int round = 0; round < 150; ++round) {
    const std::vector<Decision> decisions = random_decisions(random, 1 + random() % 5, round % 2 == 1);
    const ParetoFront front = find_front(decisions);
    EXPECT_TRUE(front.exact());
    EXPECT_EQ(front.slack(), SearchCosts{});
    EXPECT_EQ(costs_of(front), enumerated_front(decisions)) << "round " << round;
    points += front.size();
  }
  EXPECT_GT(points, 1000U);
}

TEST(ParetoFront, EveryPointCostsWhatItsOptionsCost) {
  Random random(2);
  for (int round = 0; round < 20; ++round) {
    const std::vector<Decision> decisions = random_decisions(random, 6, round % 2 == 1);
    const ParetoFront front = find_front(decisions);
    for (size_t i = 0; i < front.size(); ++i) EXPECT_EQ(costs_of(decisions, front.options(i)), front.costs(i));
  }
}

// 3^40 ways: layers of equal size have few different sums, and of each sum the least perturbation is known.
TEST(ParetoFront, ManyEqualLayersAreSolvedBySums) {
  constexpr int kLayers = 40, kMost = 8 * kLayers;
  std::vector<Decision> decisions;
  std::vector<double> least(kMost + 1, INFINITY);
  least[0] = 0;
  for (int layer = 0; layer < kLayers; ++layer) {
    Decision decision;
    std::vector<double> next(least.size(), INFINITY);
    for (const int bits : {2, 4, 8}) {
      const double perturbation = std::pow(0.25, bits) * (1 + layer % 7);
      decision.options.push_back({{perturbation, bits * 100, bits * 900}, {bits}});
      for (int sum = bits; sum <= kMost; ++sum)
        next[static_cast<size_t>(sum)] =
            std::min(next[static_cast<size_t>(sum)], least[static_cast<size_t>(sum - bits)] + perturbation);
    }
    decisions.push_back(std::move(decision));
    least = std::move(next);
  }
  std::vector<SearchCosts> expected;
  for (int sum = 0; sum <= kMost; ++sum) {
    const double perturbation = least[static_cast<size_t>(sum)];
    if (perturbation < (expected.empty() ? INFINITY : expected.back().perturbation))
      expected.push_back({perturbation, sum * 100, sum * 900});
  }
  EXPECT_EQ(costs_of(find_front(decisions)), expected);
  EXPECT_GT(expected.size(), 70U);
}

// Thinned out, every point of the whole front still has one close by.
TEST(ParetoFront, BeyondTheLimitStaysWithinItsSlack) {
  Random random(3);
  int thinned = 0;
  for (int round = 0; round < 30; ++round) {
    std::vector<Decision> decisions = random_decisions(random, 7, round % 2 == 1);
    for (Decision& decision : decisions)
      for (DecisionOption& option : decision.options)
        option.costs.weight_bits *= 1 + static_cast<int64_t>(random() % 9);
    const ParetoFront whole = find_front(decisions), fewer = find_front(decisions, {.most_points = 9});
    EXPECT_LE(fewer.size(), 9U);
    thinned += fewer.exact() ? 0 : 1;
    for (const SearchCosts& c : costs_of(whole)) {
      bool close = false;
      for (const SearchCosts& f : costs_of(fewer))
        close =
            close || (f.perturbation <= c.perturbation && f.weight_bits <= c.weight_bits + fewer.slack().weight_bits &&
                      f.bit_operations <= c.bit_operations + fewer.slack().bit_operations &&
                      f.time <= c.time + fewer.slack().time);
      EXPECT_TRUE(close) << "round " << round;
    }
    for (size_t i = 0; i < fewer.size(); ++i) EXPECT_EQ(costs_of(decisions, fewer.options(i)), fewer.costs(i));
  }
  EXPECT_GT(thinned, 10);
}

TEST(ParetoFront, RefusesWhatHasNoCosts) {
  EXPECT_THROW(find_front(std::vector<Decision>{{}}), std::invalid_argument);
  EXPECT_THROW(find_front(std::vector<Decision>{{{}, {{{-1, 0, 0, 0}, {}}}}}), std::invalid_argument);
  EXPECT_THROW(find_front(std::vector<Decision>{{{}, {{{NAN, 0, 0, 0}, {}}}}}), std::invalid_argument);
  EXPECT_THROW(find_front({}, {.most_points = 0}), std::invalid_argument);
  EXPECT_EQ(find_front({}).size(), 1U);
}

TEST(ChoosePoint, NearestToUtopiaByHand) {
  // Scaled: (0, 1), (0.25, 0.25), (1, 0).
  const std::vector<Decision> decisions = {{{}, {{{0, 8}, {}}, {{1, 2}, {}}, {{4, 0}, {}}}}};
  const ParetoFront front = find_front(decisions);
  ASSERT_EQ(front.size(), 3U);
  EXPECT_EQ(front.options(nearest_to_utopia(front)), std::vector<size_t>{1});
}

TEST(ChoosePoint, LeastPerturbationWithinLimitsIsThatOfAllWays) {
  Random random(4);
  int found = 0;
  for (int round = 0; round < 60; ++round) {
    const std::vector<Decision> decisions = random_decisions(random, 5, true);
    const std::vector<SearchLimit> limits = {{SearchAxis::weight_bits, static_cast<double>(random() % 12)},
                                             {SearchAxis::time, static_cast<double>(random() % 9)}};
    double least = INFINITY, least_of_first = INFINITY;
    for_each_way(decisions, [&](const std::vector<size_t>& options) {
      const SearchCosts c = costs_of(decisions, options);
      if (along(c, SearchAxis::weight_bits) > limits[0].most) return;
      least_of_first = std::min(least_of_first, c.perturbation);
      if (along(c, SearchAxis::time) <= limits[1].most) least = std::min(least, c.perturbation);
    });
    const ParetoFront front = find_front(decisions);
    const auto best = least_perturbation(front, limits);
    ASSERT_EQ(best.has_value(), std::isfinite(least));
    if (best) {
      EXPECT_EQ(front.costs(*best).perturbation, least);
    }
    const auto alone = minimize_perturbation(decisions, limits[0]);
    ASSERT_EQ(alone.has_value(), std::isfinite(least_of_first));
    if (alone) {
      EXPECT_EQ(costs_of(decisions, *alone).perturbation, least_of_first);
      ++found;
    }
  }
  EXPECT_GT(found, 20);
}

}  // namespace
}  // namespace flashcell::quant
