#include "tracking/association.hpp"

#include <algorithm>
#include <cmath>

#include "tracking/metrics/sequence.hpp"
#include "tracking/square.hpp"

namespace flashcell::tracking {
namespace {

constexpr double kMostCostOverGate = 40;   ///< a pair inside its gate may cost this much more by its looks
constexpr double kUnmatchedOverGate = 24;  ///< what a match may add to the others' costs, over the gate
constexpr double kLeastOverlap = 0.1;      ///< IoU of a detector's box with the prediction
constexpr double kOverlapScale = 10;

constexpr double kLeapSizes = 1;      ///< object sizes from the prediction, the most whatever the gate says
constexpr double kRegainSizes = 0.8;  ///< object sizes within which an object is looked for outside its gate
constexpr double kRegainSizesBox = 0.3;
constexpr double kRegainGrowth = 0.1;  ///< and that much more with every frame unseen
constexpr double kRegainMostSizes = 3;
constexpr double kRegainLooks = 25;      ///< gate on appearance
constexpr double kRegainLooksNear = 40;  ///< and this much more at no distance
constexpr double kRegainDistance = 10;   ///< cost at the border

constexpr double kAloneExtents = 1;   ///< longer sides of its box within which a track alone is looked for
constexpr double kAloneGrowth = 0.5;  ///< and that much more with every frame unseen
constexpr double kAloneMostExtents = 3;
constexpr double kAloneLooks = 60;

double squared_distance(const Detection& detection, double x, double y) {
  return square(detection.x - x) + square(detection.y - y);
}

Box joint(const Box& a, const Box& b) {
  const double left = std::min(a.left, b.left), top = std::min(a.top, b.top);
  return {left, top, std::max(a.left + a.width, b.left + b.width) - left,
          std::max(a.top + a.height, b.top + b.height) - top};
}

bool contains(const Box& box, const Detection& detection) {
  return detection.x >= box.left && detection.x <= box.left + box.width && detection.y >= box.top &&
         detection.y <= box.top + box.height;
}

}  // namespace

void Observations::set(double time_s, std::span<const Detection> frame_detections, const RegionMap* regions,
                       BlobPixels* frame_pixels) {
  pixels = frame_pixels;
  time = time_s;
  detections = frame_detections;
  // Never fewer: they are too large to be cleared each time.
  if (looks.size() < detections.size()) looks.resize(detections.size());
  points.clear();
  for (size_t i = 0; i < detections.size(); ++i) {
    const Detection& detection = detections[i];
    look_at(detection, looks[i]);
    if (regions != nullptr) looks[i].region = regions->at(detection.x, detection.y);
    points.push_back({detection.x, detection.y, 0, 0});
  }
  grid.build(points);
  taken_by.assign(detections.size(), -1);
}

void Association::add_predicted_edges(int32_t row, const Track& track, const Observations& frame) {
  const TrackerParameters& parameters = motion_.parameters();
  const double x = track.x.position(), y = track.y.position();
  // Measurement noise of a detection of the same size: for the reach of the gate, each pair's own decides.
  const bool shape = track.appearance.look().has_shape;
  const double margin = shape ? parameters.measurement_noise : std::max(parameters.measurement_noise, 0.1 * track.size);
  double reach_x = std::sqrt(motion_.gate() * (track.x.variance() + square(margin)));
  double reach_y = std::sqrt(motion_.gate() * (track.y.variance() + square(margin)));
  // However little is known of its speed, an object is not looked for anywhere.
  const double frames_unseen = std::max(0.0, (frame.time - track.last_time) / motion_.frame_time() - 1);
  const double leap = std::min(kLeapSizes + kRegainGrowth * frames_unseen, kRegainMostSizes) * track.size;
  if (shape) {
    reach_x = std::min(reach_x, leap);
    reach_y = std::min(reach_y, leap);
  }
  const double farthest = parameters.max_speed * (frame.time - track.last_time) + 4 * margin;
  frame.grid.visit({x - reach_x, y - reach_y, 2 * reach_x, 2 * reach_y}, [&](int32_t index) {
    const Detection& detection = frame.detections[index];
    if (shape && squared_distance(detection, x, y) > square(leap)) return;
    const double variance = motion_.measurement_variance(detection);
    const double variance_x = track.x.variance() + variance, variance_y = track.y.variance() + variance;
    const double distance = square(detection.x - x) / variance_x + square(detection.y - y) / variance_y;
    if (distance > motion_.gate()) return;
    const Look& look = frame.looks[index];
    if (!may_be_one(look, track.appearance.look())) return;
    if (parameters.max_speed > 0 && squared_distance(detection, track.last_x, track.last_y) > square(farthest)) {
      return;
    }
    double cost = parameters.weight_position * (distance + std::log(variance_x * variance_y / square(variance)));
    cost += track.appearance.distance(look, parameters);
    if (!detection.has_shape) {
      const double overlap = intersection_over_union(box_at(x, y, track.reach), detection.box);
      if (overlap < kLeastOverlap) return;
      cost += kOverlapScale * (1 - overlap);
    }
    if (cost <= motion_.gate() + kMostCostOverGate) edges_.push_back({row, index, cost});
  });
}

void Association::add_regained_edges(int32_t row, const Track& track, const Observations& frame) {
  const TrackerParameters& parameters = motion_.parameters();
  const bool shape = track.appearance.look().has_shape;
  const double frames_unseen = std::max(0.0, (frame.time - track.last_time) / motion_.frame_time() - 1);
  const double sizes = (shape ? kRegainSizes : kRegainSizesBox) + kRegainGrowth * frames_unseen;
  const double radius = std::min(sizes, kRegainMostSizes) * track.size;
  const double x = track.x.position(), y = track.y.position();
  // What comes out of a blob is one of those who were in it, wherever it comes out.
  const bool leaves = track.blob.width > 0;
  // It may also have stayed where it was.
  const bool stays = is_alone(track.previous_match);
  Box around{x - radius, y - radius, 2 * radius, 2 * radius};
  if (stays) around = joint(around, {track.last_x - radius, track.last_y - radius, 2 * radius, 2 * radius});
  frame.grid.visit(leaves ? joint(around, track.blob) : around, [&](int32_t index) {
    if (frame.taken_by[index] >= 0) return;
    const Detection& detection = frame.detections[index];
    const Look& look = frame.looks[index];
    if (!may_be_one(look, track.appearance.look())) return;
    const double from_last = std::sqrt(squared_distance(detection, track.last_x, track.last_y));
    double distance = std::sqrt(squared_distance(detection, x, y));
    if (stays) distance = std::min(distance, from_last);
    if (distance > radius && !(leaves && contains(track.blob, detection))) return;
    if (parameters.max_speed > 0 && from_last > parameters.max_speed * (frame.time - track.last_time)) return;
    const double looks = track.appearance.distance(look, parameters);
    // The nearer, the less it needs to look the same.
    const double share = std::min(1.0, distance / radius);
    if (looks > kRegainLooks + kRegainLooksNear * (1 - share)) return;
    edges_.push_back({row, index, parameters.weight_position * kRegainDistance * square(share) + looks});
  });
}

void Association::solve(std::vector<Track>& tracks, Match match, double unmatched_cost, Observations& frame) {
  const std::span<const int32_t> columns = assignment_.solve(
      static_cast<int>(rows_.size()), static_cast<int>(frame.detections.size()), edges_, unmatched_cost);
  for (size_t row = 0; row < rows_.size(); ++row) {
    if (columns[row] < 0) continue;
    Track& track = tracks[rows_[row]];
    track.match = match;
    track.detection = columns[row];
    frame.taken_by[columns[row]] = rows_[row];
  }
}

void Association::match_predicted(std::vector<Track>& tracks, std::span<const int32_t> alive, Observations& frame) {
  rows_.assign(alive.begin(), alive.end());
  edges_.clear();
  for (size_t row = 0; row < rows_.size(); ++row) {
    add_predicted_edges(static_cast<int32_t>(row), tracks[rows_[row]], frame);
  }
  solve(tracks, Match::predicted, motion_.gate() + kUnmatchedOverGate, frame);
}

void Association::match_regained(std::vector<Track>& tracks, std::span<const int32_t> alive, Observations& frame) {
  rows_.clear();
  edges_.clear();
  for (int32_t index : alive) {
    if (tracks[index].seen()) continue;
    rows_.push_back(index);
    add_regained_edges(static_cast<int32_t>(rows_.size()) - 1, tracks[index], frame);
  }
  if (!edges_.empty()) solve(tracks, Match::regained, kRegainDistance + kRegainLooks + kRegainLooksNear, frame);
}

/// How far around its last place a track that is alone may be found again, px; 0: nowhere.
double Association::alone_radius(const Track& track, double time) const {
  if (track.seen() || !track.established() || track.blob.width > 0) return 0;
  const double frames_unseen = std::max(0.0, (time - track.last_time) / motion_.frame_time() - 1);
  const double extents = std::min(kAloneExtents + kAloneGrowth * frames_unseen, kAloneMostExtents);
  const double radius = extents * std::max(track.reach.left + track.reach.right, track.reach.top + track.reach.bottom);
  const double max_speed = motion_.parameters().max_speed;
  return max_speed > 0 ? std::min(radius, max_speed * (time - track.last_time)) : radius;
}

/// The detection around the track's last place, when it is the only one, free, and alike; else -1.
int32_t Association::find_alone(const Track& track, double radius, const Observations& frame) const {
  int32_t only = -1;
  bool alone = true;
  const double x = track.last_x, y = track.last_y;
  frame.grid.visit({x - radius, y - radius, 2 * radius, 2 * radius}, [&](int32_t index) {
    const Detection& detection = frame.detections[index];
    if (squared_distance(detection, x, y) > square(radius)) return;
    if (in_two_regions(frame.looks[index], track.appearance.look())) return;
    alone = alone && only < 0 && frame.taken_by[index] < 0;
    only = index;
  });
  if (!alone || only < 0) return -1;
  const Look& look = frame.looks[only];
  const bool alike = may_be_one(look, track.appearance.look()) && look.has_shape &&
                     track.appearance.distance(look, motion_.parameters()) < kAloneLooks;
  return alike ? only : -1;
}

void Association::match_alone(std::vector<Track>& tracks, std::span<const int32_t> alive, Observations& frame) {
  for (int32_t index : alive) {
    Track& track = tracks[index];
    const double radius = alone_radius(track, frame.time);
    const int32_t found = radius > 0 ? find_alone(track, radius, frame) : -1;
    if (found < 0) continue;
    const Detection& detection = frame.detections[found];
    const bool rival = std::any_of(alive.begin(), alive.end(), [&](int32_t other_index) {
      const Track& other = tracks[other_index];
      return other_index != index && !other.seen() && other.established() &&
             !in_two_regions(other.appearance.look(), frame.looks[found]) &&
             square(other.x.position() - detection.x) + square(other.y.position() - detection.y) < square(radius);
    });
    if (rival) continue;
    track.match = Match::regained;
    track.detection = found;
    frame.taken_by[found] = index;
  }
}

}  // namespace flashcell::tracking
