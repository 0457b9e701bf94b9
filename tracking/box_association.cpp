#include "tracking/box_association.hpp"

#include <algorithm>

namespace flashcell::tracking {
namespace {

constexpr double kBoxGrowth = 0.5;  ///< of its extent by which a box grows on every side in a second unseen
constexpr double kMostBoxGrowth = 0.5;
constexpr double kCameraGrowth = 0.5;      ///< the same where the camera may have moved
constexpr double kCameraOverlap = 0.1;     ///< similarity from which such a pair counts
constexpr int kMostForCamera = 32;         ///< tracks that are asked: enough for a median
constexpr double kLastPlaceOverlap = 0.4;  ///< similarity from which a box continues what lay there a frame ago

double overlap(double a, double a_length, double b, double b_length) {
  return std::min(a + a_length, b + b_length) - std::max(a, b);
}

Box grown(const Box& box, double by) {
  return {box.left - by * box.width, box.top - by * box.height, (1 + 2 * by) * box.width, (1 + 2 * by) * box.height};
}

}  // namespace

double box_similarity(const Box& a, const Box& b, double growth) {
  const Box p = grown(a, growth), q = grown(b, growth);
  const double width = overlap(p.left, p.width, q.left, q.width);
  if (width <= 0) return 0;
  const double height = overlap(p.top, p.height, q.top, q.height);
  if (height <= 0) return 0;
  const double shared = width * height;
  return shared / (p.area() + q.area() - shared) * (height / (p.height + q.height - height));
}

template <class Wanted, class BoxOf, class GrowthOf>
void BoxAssociation::find_pairs(const std::vector<BoxTrack>& tracks, std::span<const int32_t> alive,
                                const BoxFrame& frame, double least, const Wanted& wanted, const BoxOf& box_of,
                                const GrowthOf& growth_of) {
  pairs_.clear();
  for (size_t row = 0; row < alive.size(); ++row) {
    const BoxTrack& track = tracks[alive[row]];
    if (!wanted(track)) continue;
    const Box box = box_of(track);
    const double growth = growth_of(track);
    // Centres of boxes that overlap, once both are grown, are no farther apart.
    const double reach_x = (0.5 + growth) * (box.width + frame.widest);
    const double reach_y = (0.5 + growth) * (box.height + frame.tallest);
    const double x = box.left + box.width / 2, y = box.top + box.height / 2;
    frame.grid.visit({x - reach_x, y - reach_y, 2 * reach_x, 2 * reach_y}, [&](int32_t index) {
      if (frame.taken_by[index] >= 0) return;
      const double similarity = box_similarity(box, frame.boxes[index], growth);
      if (similarity > least) pairs_.push_back({static_cast<int32_t>(row), index, 1 - similarity});
    });
  }
}

std::span<const BoxPair> BoxAssociation::find_mutual(const std::vector<BoxTrack>& tracks,
                                                     std::span<const int32_t> alive, const BoxFrame& frame) {
  const auto known = [](const BoxTrack& track) { return track.sightings >= 2; };
  const auto many = std::count_if(alive.begin(), alive.end(), [&](int32_t index) { return known(tracks[index]); });
  const auto step = many / kMostForCamera + 1;
  int64_t number = 0;
  find_pairs(
      tracks, alive, frame, kCameraOverlap, [&](const BoxTrack& track) { return known(track) && number++ % step == 0; },
      [](const BoxTrack& track) { return track.box(); }, [](const BoxTrack&) { return kCameraGrowth; });
  best_of_row_.assign(alive.size(), -1);
  best_of_box_.assign(frame.boxes.size(), -1);
  for (size_t i = 0; i < pairs_.size(); ++i) {
    for (int32_t* best : {&best_of_row_[pairs_[i].row], &best_of_box_[pairs_[i].col]}) {
      if (*best < 0 || pairs_[i].cost < pairs_[*best].cost) *best = static_cast<int32_t>(i);
    }
  }
  mutual_.clear();
  for (const int32_t best : best_of_row_) {
    if (best >= 0 && best_of_box_[pairs_[best].col] == best)
      mutual_.push_back({alive[pairs_[best].row], pairs_[best].col});
  }
  return mutual_;
}

/// Among open_.
void BoxAssociation::solve(std::vector<BoxTrack>& tracks, std::span<const int32_t> alive, double least,
                           BoxFrame& frame) {
  if (open_.empty()) return;
  const std::span<const int32_t> columns =
      assignment_.solve(static_cast<int>(alive.size()), static_cast<int>(frame.boxes.size()), open_, 1 - least);
  for (size_t row = 0; row < columns.size(); ++row) {
    if (columns[row] < 0) continue;
    tracks[alive[row]].detection = columns[row];
    frame.taken_by[columns[row]] = alive[row];
  }
}

void BoxAssociation::match(std::vector<BoxTrack>& tracks, std::span<const int32_t> alive, BoxFrame& frame) {
  const auto growth = [&](const BoxTrack& track) {
    return std::min(kMostBoxGrowth, kBoxGrowth * (frame.time - track.last_time));
  };
  find_pairs(
      tracks, alive, frame, least_overlap_, [](const BoxTrack&) { return true; },
      [](const BoxTrack& track) { return track.box(); }, growth);
  const auto choose = [&](const auto& wanted) {
    open_.clear();
    for (const CostEdge& pair : pairs_) {
      if (!tracks[alive[pair.row]].seen() && frame.taken_by[pair.col] < 0 && wanted(pair)) open_.push_back(pair);
    }
  };
  choose([&](const CostEdge& pair) {
    return tracks[alive[pair.row]].confirmed() && frame.trust[pair.col] >= least_trust_;
  });
  solve(tracks, alive, least_overlap_, frame);
  choose([](const CostEdge&) { return true; });
  solve(tracks, alive, least_overlap_, frame);
  // It may have stopped, or turned, against its prediction.
  find_pairs(
      tracks, alive, frame, kLastPlaceOverlap,
      [&](const BoxTrack& track) { return !track.seen() && track.last_time >= frame.previous_time; },
      [](const BoxTrack& track) { return track.last_box; }, growth);
  choose([](const CostEdge&) { return true; });
  solve(tracks, alive, kLastPlaceOverlap, frame);
}

}  // namespace flashcell::tracking
