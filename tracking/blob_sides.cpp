#include "tracking/blob_sides.hpp"

#include <algorithm>
#include <cmath>

#include "tracking/square.hpp"

namespace flashcell::tracking {
namespace {

constexpr double kLeapSigmas = 3;
constexpr double kSideSigma = 0.6;  ///< px: how well a blob's side tells the place of the member it belongs to
constexpr double kSideSigmaPerSize = 0.03;

/// One axis of one member: its filter, and the two places that the blob's sides would give it.
struct BlobSide {
  AxisFilter* filter;
  double low_reach, high_reach, sigma;
  double low() const { return filter->position() - low_reach; }
  double high() const { return filter->position() + high_reach; }
};

double side_sigma(const Track& track) {
  return std::max(kSideSigma, kSideSigmaPerSize * track.size);
}
// Objects rather than functions, whose calls would stay.
constexpr auto across = [](Track& track) -> BlobSide {
  return {&track.x, track.reach.left, track.reach.right, side_sigma(track)};
};
constexpr auto along = [](Track& track) -> BlobSide {
  return {&track.y, track.reach.top, track.reach.bottom, side_sigma(track)};
};

double place_inside(const BlobSide& member, double low, double high) {
  const double least = low + member.low_reach, most = high - member.high_reach;
  return least < most ? std::clamp(member.filter->position(), least, most) : (least + most) / 2;
}

/// Of the members but that one, px/s; 0 without others.
template <class SideOf>
double speed_of_others(std::span<Track* const> members, size_t but, const SideOf& side_of) {
  double sum = 0;
  for (size_t i = 0; i < members.size(); ++i) sum += i == but ? 0 : side_of(*members[i]).filter->speed();
  return members.size() < 2 ? 0 : sum / static_cast<double>(members.size() - 1);
}

/// `speed`: what it has after a turn, px/s.
void turn_at_wall(const Track& track, const BlobSide& side, double low, double high, double speed,
                  const Motion& motion) {
  const double inside = place_inside(side, low, high);
  const double off = square(side.filter->position() - inside);
  if (off > square(kLeapSigmas) * (side.filter->variance() + square(side.sigma)))
    motion.turn(track, *side.filter, inside, speed);
}

void draw_inside(const BlobSide& side, double low, double high) {
  const double inside = place_inside(side, low, high);
  if (std::abs(side.filter->position() - inside) > side.sigma) side.filter->update(inside, square(2 * side.sigma));
}

/// The extreme member's side is the blob's side; where two members compete for it, it says less.
template <class SideOf>
void correct_axis(std::span<Track* const> members, bool explained, double low, double high, const SideOf& side_of,
                  const Motion& motion) {
  const auto side = [&](size_t i) { return side_of(*members[i]); };
  // Who has not gone where its motion led it has been thrown back.
  const auto thrown_back = [&](size_t i) { return -side(i).filter->speed(); };
  for (size_t i = 0; i < members.size(); ++i) turn_at_wall(*members[i], side(i), low, high, thrown_back(i), motion);
  size_t lowest = 0, highest = 0;
  for (size_t i = 1; i < members.size(); ++i) {
    if (side(i).low() < side(lowest).low()) lowest = i;
    if (side(i).high() > side(highest).high()) highest = i;
  }
  double low_rival = 1e300, high_rival = 1e300;
  for (size_t i = 0; i < members.size(); ++i) {
    if (i != lowest) low_rival = std::min(low_rival, side(i).low() - side(lowest).low());
    if (i != highest) high_rival = std::min(high_rival, side(highest).high() - side(i).high());
  }
  const BlobSide first = side(lowest), last = side(highest);
  const auto variance = [](double sigma, double rival) { return square(rival < 2 * sigma ? 3 * sigma : sigma); };
  const double low_variance = variance(first.sigma, low_rival), high_variance = variance(last.sigma, high_rival);
  // A side that is far from where it should be belongs to something else in the blob, where there can be something
  // else.
  const auto update = [&](size_t i, double place, double place_variance) {
    AxisFilter& filter = *side(i).filter;
    const double off = square(place - filter.position());
    if (off <= square(kLeapSigmas) * (filter.variance() + place_variance)) {
      filter.update(place, place_variance);
    } else if (explained) {
      motion.turn(*members[i], filter, place, thrown_back(i));
    }
  };
  update(lowest, low + first.low_reach, low_variance);
  update(highest, high - last.high_reach, high_variance);
  for (Track* track : members) draw_inside(side_of(*track), low, high);
}

}  // namespace

void correct_by_sides(std::span<Track* const> members, const Box& blob, bool explained, const Motion& motion) {
  correct_axis(members, explained, blob.left, blob.left + blob.width, across, motion);
  correct_axis(members, explained, blob.top, blob.top + blob.height, along, motion);
}

void keep_inside(std::span<Track* const> members, size_t which, const Box& blob, const Motion& motion) {
  Track& track = *members[which];
  const auto keep = [&](const auto& side_of, double low, double high) {
    const BlobSide side = side_of(track);
    // Nothing is seen of it: it goes with the others.
    turn_at_wall(track, side, low, high, speed_of_others(members, which, side_of), motion);
    draw_inside(side, low, high);
  };
  keep(across, blob.left, blob.left + blob.width);
  keep(along, blob.top, blob.top + blob.height);
}

}  // namespace flashcell::tracking
