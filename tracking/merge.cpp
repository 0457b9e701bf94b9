#include "tracking/merge.hpp"

#include <algorithm>
#include <cmath>

namespace flashcell::tracking {
namespace {

constexpr double kLeastAreaShare = 0.85;  ///< a blob has at least this share of any member's area
constexpr double kTolerance = 1.5;        ///< px by which a predicted box may stick out of the blob's
constexpr double kTolerancePerSigma = 3;
constexpr double kMostTolerance = 0.5;  ///< of the object's size; twice that for who was in a blob before
constexpr double kRoom = 1.05;          ///< a blob this much larger than its largest member has room for others
constexpr double kSideSigma = 0.6;      ///< px: how well a blob's side tells the place of the member it belongs to
constexpr double kSideSigmaPerSize = 0.03;

double square(double value) {
  return value * value;
}

/// How far `inner` sticks out of `outer`, px, on the worst side.
double overhang(const Box& inner, const Box& outer) {
  return std::max({outer.left - inner.left, outer.top - inner.top, inner.left + inner.width - outer.left - outer.width,
                   inner.top + inner.height - outer.top - outer.height});
}

Box predicted_box(const Track& track) {
  return box_at(track.x.position(), track.y.position(), track.reach);
}

double tolerance(const Track& track) {
  const double sigma = std::sqrt(std::max(track.x.variance(), track.y.variance()));
  const double most = kMostTolerance * track.size * (track.was_merged ? 2 : 1);
  return std::min(kTolerance + kTolerancePerSigma * sigma, std::max(kTolerance, most));
}

/// One axis of one member: its filter, and the two places that the blob's sides would give it.
struct Side {
  AxisFilter* filter;
  double low_reach, high_reach, sigma;
  double low() const { return filter->position() - low_reach; }
  double high() const { return filter->position() + high_reach; }
};

/// The extreme member's side is the blob's side. Where two members compete for it, it says less.
template <class GetSide>
void correct_axis(size_t count, double low, double high, const GetSide& side) {
  size_t lowest = 0, highest = 0;
  for (size_t i = 1; i < count; ++i) {
    if (side(i).low() < side(lowest).low()) lowest = i;
    if (side(i).high() > side(highest).high()) highest = i;
  }
  double low_rival = 1e300, high_rival = 1e300;
  for (size_t i = 0; i < count; ++i) {
    if (i != lowest) low_rival = std::min(low_rival, side(i).low() - side(lowest).low());
    if (i != highest) high_rival = std::min(high_rival, side(highest).high() - side(i).high());
  }
  const Side first = side(lowest), last = side(highest);
  const auto variance = [](double sigma, double rival) { return square(rival < 2 * sigma ? 3 * sigma : sigma); };
  const double low_variance = variance(first.sigma, low_rival), high_variance = variance(last.sigma, high_rival);
  first.filter->update(low + first.low_reach, low_variance);
  last.filter->update(high - last.high_reach, high_variance);

  // Nobody sticks out of the blob.
  for (size_t i = 0; i < count; ++i) {
    const Side member = side(i);
    const double least = low + member.low_reach, most = high - member.high_reach;
    const double middle = (least + most) / 2, position = member.filter->position();
    const double inside = least < most ? std::clamp(position, least, most) : middle;
    if (std::abs(position - inside) > member.sigma) member.filter->update(inside, square(2 * member.sigma));
  }
}

}  // namespace

int32_t Merges::find_blob(const Track& track, const Observations& frame) const {
  const Box box = predicted_box(track);
  const double allowed = tolerance(track);
  int32_t best = -1;
  double best_overhang = allowed;
  grid_.visit({track.x.position(), track.y.position(), 0, 0}, [&](int32_t index) {
    const Detection& blob = frame.detections[index];
    if (!blob.has_shape || blob.colour_class != track.appearance.look().colour_class) return;
    if (blob.area < kLeastAreaShare * track.area()) return;
    const double out = std::max(0.0, overhang(box, blob.box));
    if (out < best_overhang || (out == best_overhang && best < 0)) {
      best_overhang = out;
      best = index;
    }
  });
  return best;
}

void Merges::collect_members(std::vector<Track>& tracks, std::span<const int32_t> alive, Observations& frame) {
  members_.clear();
  for (int32_t index : alive) {
    Track& track = tracks[index];
    if (track.seen() || !track.established()) continue;
    const int32_t blob = find_blob(track, frame);
    if (blob >= 0) members_.push_back({blob, index});
  }
  const size_t joined = members_.size();
  for (size_t i = 0; i < joined; ++i) {
    const int32_t blob = members_[i].detection, owner = frame.taken_by[blob];
    if (owner < 0) continue;
    frame.taken_by[blob] = -1;
    // A beginner that took the blob was a part of it.
    if (tracks[owner].established()) {
      members_.push_back({blob, owner});
    } else {
      tracks[owner].match = Match::none;
      tracks[owner].detection = -1;
    }
  }
  std::sort(members_.begin(), members_.end(), [](const Member& a, const Member& b) {
    return a.detection != b.detection ? a.detection < b.detection : a.track < b.track;
  });
}

void Merges::correct_members(std::vector<Track>& tracks, std::span<const Member> members, const Observations& frame) {
  const Detection& blob = frame.detections[members[0].detection];
  const auto sigma = [](const Track& track) { return std::max(kSideSigma, kSideSigmaPerSize * track.size); };
  const double right = blob.box.left + blob.box.width, bottom = blob.box.top + blob.box.height;
  correct_axis(members.size(), blob.box.left, right, [&](size_t i) {
    Track& track = tracks[members[i].track];
    return Side{&track.x, track.reach.left, track.reach.right, sigma(track)};
  });
  correct_axis(members.size(), blob.box.top, bottom, [&](size_t i) {
    Track& track = tracks[members[i].track];
    return Side{&track.y, track.reach.top, track.reach.bottom, sigma(track)};
  });
}

void Merges::resolve(std::vector<Track>& tracks, std::span<const int32_t> alive, Observations& frame) {
  const bool nobody = std::none_of(alive.begin(), alive.end(),
                                   [&](int32_t index) { return !tracks[index].seen() && tracks[index].established(); });
  if (nobody || frame.detections.empty()) return;
  boxes_.clear();
  for (const Detection& detection : frame.detections) boxes_.push_back(detection.box);
  grid_.build(boxes_);
  collect_members(tracks, alive, frame);

  for (size_t first = 0; first < members_.size();) {
    size_t end = first;
    double largest = 0;
    const int32_t blob = members_[first].detection;
    for (; end < members_.size() && members_[end].detection == blob; ++end) {
      largest = std::max(largest, tracks[members_[end].track].area());
    }
    frame.taken_by[blob] = members_[first].track;
    const bool alone = end - first == 1;
    const bool room = frame.detections[blob].area > kRoom * largest;
    for (size_t i = first; i < end; ++i) {
      Track& track = tracks[members_[i].track];
      track.detection = blob;
      track.match = alone ? Match::regained : Match::merged;
      // Who has no room may have gone: its time runs as if unseen.
      if (room || alone || track.area() == largest) track.last_time = frame.time;
    }
    if (!alone) correct_members(tracks, std::span(members_).subspan(first, end - first), frame);
    first = end;
  }
}

}  // namespace flashcell::tracking
