#include "tracking/merge.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "tracking/blob_sides.hpp"
#include "tracking/disc_overlap.hpp"
#include "tracking/moment_split.hpp"
#include "tracking/square.hpp"

namespace flashcell::tracking {
namespace {

constexpr double kLeastAreaShare = 0.85;  ///< a blob has at least this share of any member's area
constexpr double kTolerance = 1.5;        ///< px by which a predicted box may stick out of the blob's
constexpr double kTolerancePerSigma = 3;
constexpr double kMostTolerance = 0.5;     ///< of the object's size
constexpr double kWideTolerance = 0.6;     ///< of the object's size, where the blob has area to spare
constexpr double kSpareShare = 0.3;        ///< of the object's area
constexpr double kHiddenTolerance = 1;     ///< of the object's size, of one that was in the blob
constexpr double kRoomShare = 0.6;         ///< of the object's area, with which it is back in the blob that hid it
constexpr double kOthersGrowth = 0.25;     ///< of log area
constexpr double kOthersSigmas = 8;        ///< and so much more for one that varies
constexpr float kRigidVariance = 0.01f;    ///< of log area
constexpr double kExplained = 0.95;        ///< share of the blob's area above which its members are all that it holds
constexpr int kMostDoubt = 10;             ///< frames on end
constexpr double kCentroidMismatch = 0.1;  ///< of the blob's area: its members must explain it that well
constexpr double kCentroidSigma = 0.15;    ///< px
constexpr double kCentroidSigmaPerMismatch = 0.5;
constexpr double kLeastShare = 0.02;

/// How far `inner` sticks out of `outer`, px, on the worst side.
double overhang(const Box& inner, const Box& outer) {
  return std::max(std::max(outer.left - inner.left, inner.left + inner.width - outer.left - outer.width),
                  std::max(outer.top - inner.top, inner.top + inner.height - outer.top - outer.height));
}

double common_area(const Box& a, const Box& b) {
  const double width = std::min(a.left + a.width, b.left + b.width) - std::max(a.left, b.left);
  const double height = std::min(a.top + a.height, b.top + b.height) - std::max(a.top, b.top);
  return std::max(0.0, width) * std::max(0.0, height);
}

Box predicted_box(const Track& track) {
  return box_at(track.x.position(), track.y.position(), track.reach);
}

/// Two that touch are where the blob's moments say, if both keep their shape: areas of others add up by chance.
void fit_moments(Track& a, Track& b, const Detection& blob) {
  if (std::max(a.appearance.area_variance(), b.appearance.area_variance()) > kRigidVariance) return;
  const auto part = [](const Track& track) {
    return Part{track.area(), track.spread, track.x.position(), track.y.position()};
  };
  const std::optional<PartPlaces> places = split_by_moments(blob, part(a), part(b));
  if (!places) return;
  a.x.update(places->ax, places->variance);
  a.y.update(places->ay, places->variance);
  b.x.update(places->bx, places->variance);
  b.y.update(places->by, places->variance);
}

/// True when there must be more in the blob than the one track that is known to be: it is larger than that track ever
/// varied, and its size has not changed for good.
bool is_with_others(Track& track, const Detection& blob) {
  const double growth = std::log(blob.area / track.area());
  const double most = kOthersGrowth + kOthersSigmas * std::sqrt(track.appearance.area_variance());
  if (growth < most || size_has_changed(track)) return false;
  ++track.off_size;
  return true;
}

}  // namespace

/// Area of the blob that its owner does not explain.
double Merges::spare_area(int32_t index, const std::vector<Track>& tracks, const Observations& frame) const {
  const int32_t owner = frame.taken_by[index];
  return frame.detections[index].area - (owner >= 0 && tracks[owner].established() ? tracks[owner].area() : 0);
}

int32_t Merges::find_blob(const Track& track, Within within, const std::vector<Track>& tracks,
                          const Observations& frame) const {
  const Box box = predicted_box(track);
  const double sigma = std::sqrt(std::max(track.x.variance(), track.y.variance()));
  const double strict =
      std::min(kTolerance + kTolerancePerSigma * sigma, std::max(kTolerance, kMostTolerance * track.size));
  const double tolerance = within == Within::inside ? strict : std::max(strict, kWideTolerance * track.size);
  int32_t best = -1;
  double best_overhang = tolerance;
  grid_.visit({track.x.position(), track.y.position(), 0, 0}, [&](int32_t index) {
    const Detection& blob = frame.detections[index];
    const double out = std::max(0.0, overhang(box, blob.box));
    if (out > best_overhang || blob.area < kLeastAreaShare * track.area()) return;
    if (!blob.has_shape || !may_be_one(frame.looks[index], track.appearance.look())) return;
    const bool needs_room = out > strict || within == Within::inside;
    if (needs_room && spare_area(index, tracks, frame) < kSpareShare * track.area()) return;
    if (out < best_overhang || (out == best_overhang && best < 0)) {
      best_overhang = out;
      best = index;
    }
  });
  return best;
}

void Merges::start(const Observations& frame) {
  members_.clear();
  boxes_.clear();
  for (const Detection& detection : frame.detections) boxes_.push_back(detection.box);
  grid_.build(boxes_);
}

void Merges::join(std::vector<Track>& tracks, std::span<const int32_t> alive, Within within, Observations& frame) {
  for (int32_t index : alive) {
    Track& track = tracks[index];
    if (track.seen() || !track.established() || track.doubt >= kMostDoubt) continue;
    const int32_t blob = find_blob(track, within, tracks, frame);
    if (blob < 0) continue;
    put(track, index, blob, frame);
  }
}

void Merges::put(Track& track, int32_t index, int32_t blob, Observations& frame) {
  members_.push_back({blob, index});
  track.match = Match::merged;
  track.detection = blob;
  if (frame.taken_by[blob] < 0) frame.taken_by[blob] = index;
}

/// The detection that lies most where the track's blob was; the blob is where that is now.
int32_t Merges::follow_blob(Track& track, const Observations& frame) const {
  int32_t best = -1;
  double most = 0;
  grid_.visit(track.blob, [&](int32_t index) {
    const Detection& detection = frame.detections[index];
    const double common = common_area(detection.box, track.blob);
    if (!detection.has_shape || common <= most) return;
    most = common;
    best = index;
  });
  if (best >= 0) track.blob = frame.detections[best].box;
  return best;
}

void Merges::keep(std::vector<Track>& tracks, std::span<const int32_t> alive, Observations& frame) {
  for (int32_t index : alive) {
    Track& track = tracks[index];
    if (track.seen() || track.blob.width == 0) continue;
    const int32_t blob = follow_blob(track, frame);
    if (blob < 0 || track.doubt >= kMostDoubt) continue;
    const Detection& detection = frame.detections[blob];
    const int32_t owner = frame.taken_by[blob];
    if (owner < 0 || !tracks[owner].established()) continue;
    if (!may_be_one(frame.looks[blob], track.appearance.look())) continue;
    const bool was_there = track.previous_match == Match::merged;
    const bool near = overhang(predicted_box(track), detection.box) < kHiddenTolerance * track.size;
    const bool fits = detection.area >= kLeastAreaShare * track.area();
    const bool has_room = spare_area(blob, tracks, frame) > kRoomShare * track.area();
    if ((was_there && near && fits) || has_room) put(track, index, blob, frame);
  }
}

/// Whoever has a blob that others joined is one of its members, but for a beginner: that was a part of it.
void Merges::add_owners(std::vector<Track>& tracks, Observations& frame) {
  const size_t joined = members_.size();
  for (size_t i = 0; i < joined; ++i) {
    const int32_t blob = members_[i].detection, owner = frame.taken_by[blob];
    if (tracks[owner].match == Match::merged) continue;
    if (tracks[owner].established()) {
      tracks[owner].match = Match::merged;
      members_.push_back({blob, owner});
    } else {
      tracks[owner].match = Match::none;
      tracks[owner].detection = -1;
      frame.taken_by[blob] = members_[i].track;
    }
  }
  sort_members(frame.detections.size());
}

/// By detection, then track. Detections are counted: a sort of all would ask what nobody can foretell.
void Merges::sort_members(size_t detections) {
  ends_.assign(detections + 1, 0);
  for (const Member& member : members_) ++ends_[member.detection + 1];
  std::partial_sum(ends_.begin(), ends_.end(), ends_.begin());
  unsorted_.swap(members_);
  members_.resize(unsorted_.size());
  for (const Member& member : unsorted_) members_[ends_[member.detection]++] = member;
  const auto before = [](const Member& a, const Member& b) { return a.track < b.track; };
  for (size_t first = 0; first < members_.size();) {
    const auto end = static_cast<size_t>(ends_[members_[first].detection]);
    std::sort(members_.begin() + first, members_.begin() + end, before);
    first = end;
  }
}

/// What each two members share at their present places.
void Merges::find_overlaps(const std::vector<Track>& tracks, std::span<const Member> members) {
  const size_t count = members.size();
  overlaps_.resize(count * count);
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = 0; k < i; ++k) {
      overlaps_[i * count + k] = overlaps_[k * count + i] =
          shared_area(tracks[members[i].track], tracks[members[k].track]);
    }
  }
}

/// Each member adds to the blob what it does not share with the others, by its predicted place. A member whose share is
/// missing is doubted, the least fitting one at a time; whose share is there has been seen. One that is hidden
/// altogether is neither.
double Merges::weigh_members(std::vector<Track>& tracks, std::span<const Member> members,
                             const Observations& frame) const {
  const double blob_area = frame.detections[members[0].detection].area;
  double together = 0;
  for (size_t i = 0; i < members.size(); ++i) together += own_area(tracks, members, i, i);
  Track* worst = nullptr;
  double worst_share = 0.5;
  for (size_t i = 0; i < members.size(); ++i) {
    Track& track = tracks[members[i].track];
    const double own = own_area(tracks, members, i, members.size());
    if (own < 0.2 * track.area()) continue;
    const double share = (blob_area - (together - own)) / own;
    if (share >= 0.5) {
      track.last_time = frame.time;
      track.doubt = 0;
    } else if (share < worst_share) {
      worst = &track;
      worst_share = share;
    }
  }
  if (worst != nullptr) ++worst->doubt;
  return together;
}

/// Area of member i without what it shares with the members before `end`, itself aside.
double Merges::own_area(const std::vector<Track>& tracks, std::span<const Member> members, size_t i, size_t end) const {
  double area = tracks[members[i].track].area();
  for (size_t k = 0; k < end; ++k) {
    if (k != i) area -= overlaps_[i * members.size() + k];
  }
  return std::max(0.0, area);
}

/// The blob's centroid is that of its members together, less what they share: a measurement of a weighted sum of their
/// places, each weighing by what it shows alone. Gain and variance are those of the joint Kalman update, without the
/// members' correlation.
void Merges::fit_centroid(std::vector<Track>& tracks, std::span<const Member> members, const Observations& frame) {
  const Detection& blob = frame.detections[members[0].detection];
  double area = 0, sum_x = 0, sum_y = 0;
  for (size_t i = 0; i < members.size(); ++i) {
    const Track& track = tracks[members[i].track];
    area += track.area();
    sum_x += track.area() * track.x.position();
    sum_y += track.area() * track.y.position();
    for (size_t k = 0; k < i; ++k) {
      const Track& other = tracks[members[k].track];
      const double shared = overlaps_[i * members.size() + k];
      if (shared <= 0) continue;
      const Point middle = shared_centroid(track, other);
      area -= shared;
      sum_x -= shared * middle.x;
      sum_y -= shared * middle.y;
    }
  }
  if (std::abs(area - blob.area) > kCentroidMismatch * blob.area) return;
  double spread_x = 0, spread_y = 0;
  shares_.clear();
  for (size_t i = 0; i < members.size(); ++i) {
    const Track& track = tracks[members[i].track];
    shares_.push_back(own_area(tracks, members, i, members.size()) / area);
    spread_x += square(shares_[i]) * track.x.variance();
    spread_y += square(shares_[i]) * track.y.variance();
  }
  const double noise = square(kCentroidSigma + kCentroidSigmaPerMismatch * std::sqrt(blob.area) *
                                                   std::abs(area - blob.area) / blob.area);
  const double off_x = blob.x - sum_x / area, off_y = blob.y - sum_y / area;
  for (size_t i = 0; i < members.size(); ++i) {
    const double weight = shares_[i];
    if (weight < kLeastShare) continue;
    Track& track = tracks[members[i].track];
    const auto update = [&](AxisFilter& filter, double off, double spread) {
      filter.update(filter.position() + off / weight, (spread + noise) / square(weight) - filter.variance());
    };
    update(track.x, off_x, spread_x);
    update(track.y, off_y, spread_y);
  }
}

/// By the pixels that each of them has. False where the blob's pixels are not known.
bool Merges::divide(int32_t index, const Observations& frame) {
  if (frame.pixels == nullptr) return false;
  const Detection& blob = frame.detections[index];
  known_.clear();
  for (const Track* member : tracks_of_) {
    const Track& track = *member;
    known_.push_back({track.area(), track.spread, track.x.position(), track.y.position()});
  }
  const std::span<const PixelPart> parts = split_.split(frame.pixels->of(blob), known_);
  for (size_t i = 0; i < parts.size(); ++i) {
    Track& track = *tracks_of_[i];
    track.part = parts[i];
    if (parts[i].shown) {
      motion_.correct_part(track, parts[i]);
    } else {
      keep_inside(tracks_of_, i, blob.box, motion_);
    }
  }
  return !parts.empty();
}

/// By what is measured of the blob as a whole.
void Merges::fit(std::vector<Track>& tracks, std::span<const Member> members, bool explained,
                 const Observations& frame) {
  const Detection& blob = frame.detections[members[0].detection];
  if (members.size() == 1) {
    keep_inside(tracks_of_, 0, blob.box, motion_);
    return;
  }
  correct_by_sides(tracks_of_, blob.box, explained && members.size() == 2, motion_);
  find_overlaps(tracks, members);
  fit_centroid(tracks, members, frame);
  if (members.size() == 2) fit_moments(*tracks_of_[0], *tracks_of_[1], blob);
}

void Merges::finish(std::vector<Track>& tracks, Observations& frame) {
  add_owners(tracks, frame);
  for (size_t first = 0; first < members_.size();) {
    size_t end = first;
    const int32_t blob = members_[first].detection;
    while (end < members_.size() && members_[end].detection == blob) ++end;
    frame.taken_by[blob] = members_[first].track;
    const std::span<const Member> members = std::span(members_).subspan(first, end - first);
    const bool shared = members.size() > 1 || is_with_others(tracks[members[0].track], frame.detections[blob]);
    for (const Member& member : members) {
      tracks[member.track].detection = blob;
      tracks[member.track].match = shared ? Match::merged : Match::regained;
    }
    if (shared) {
      for (const Member& member : members) tracks[member.track].blob = frame.detections[blob].box;
      find_overlaps(tracks, members);
      const bool explained = weigh_members(tracks, members, frame) > kExplained * frame.detections[blob].area;
      tracks_of_.clear();
      for (const Member& member : members) tracks_of_.push_back(&tracks[member.track]);
      if (!divide(members[0].detection, frame)) fit(tracks, members, explained, frame);
    }
    first = end;
  }
}

}  // namespace flashcell::tracking
