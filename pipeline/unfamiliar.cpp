#include "pipeline/unfamiliar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace flashcell {
namespace {

constexpr double kTimesExpected = 4, kDeviations = 3;

double strange_share(const tracking::NamedSightings& named) {
  return static_cast<double>(named.strange) / static_cast<double>(std::max<uint64_t>(named.sightings, 1));
}

}  // namespace

bool is_unfamiliar(const tracking::NamedSightings& named, const Calibration& named_by) {
  if (!(named_by.objects > 0) || named.objects == 0) return false;
  // Sightings of one object are alike: objects count, here and among the examples.
  const double expected = expected_strange_share(named_by),
               objects = std::min(static_cast<double>(named.objects), double{named_by.objects}),
               chance = std::sqrt(expected * (1 - expected) / objects);
  return strange_share(named) > std::max(std::min(kTimesExpected * expected, 0.5), expected + kDeviations * chance);
}

std::string unfamiliar_text(const tracking::NamedSightings& named) {
  return fmt::format(
      "what the classifier sees differs from what it learned: {:.0f} % of the sightings lie further from every class "
      "than 95 % of the annotated ones",
      100 * strange_share(named));
}

}  // namespace flashcell
