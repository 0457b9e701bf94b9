#include "tracking/link_cost.hpp"

#include <algorithm>
#include <cmath>

#include "tracking/square.hpp"

namespace flashcell::tracking {
namespace {

constexpr double kDistanceScale = 1;  ///< cost of a link as long as objects move in that time
constexpr double kMostDistance = 25, kMostSize = 6, kMostLooks = 10;
constexpr double kSizeSigma = 0.3;  ///< of log area
constexpr double kLooksWeight = 0.2;
constexpr double kSteadySeconds = 0.1;  ///< for which a speed holds

}  // namespace

double link_cost(const Tracklet& before, const Tracklet& next, const Habits& habits,
                 const TrackerParameters& parameters) {
  const TrackletEnd &a = before.last, &b = next.first;
  const double gap = b.time - a.time;
  const double steady = std::min(gap, kSteadySeconds);
  const double moved = std::hypot(b.x - a.x, b.y - a.y);
  const double strayed = std::hypot(b.x - a.x - steady * a.vx, b.y - a.y - steady * a.vy);
  const double fastest = parameters.max_speed > 0 ? parameters.max_speed : 2 * habits.speed;
  const double reach = std::sqrt(habits.area) + fastest * gap;
  double sum = std::min(kDistanceScale * square(std::min(moved, strayed) / reach), kMostDistance);
  sum += std::min(square(std::log(next.mean_area / before.mean_area) / kSizeSigma) / 2, kMostSize);
  sum += std::min(kLooksWeight * before.appearance.distance(next.appearance.look(), parameters), kMostLooks);
  return sum;
}

}  // namespace flashcell::tracking
