#pragma once
#include <span>
#include <vector>

#include "tracking/box_track.hpp"
#include "tracking/sparse_assignment.hpp"
#include "tracking/spatial_grid.hpp"

namespace flashcell::tracking {

/// One frame's boxes with what is derived from them once.
struct BoxFrame {
  std::span<const Detection> detections;
  std::vector<double> trust;  ///< 0..1 each
  std::vector<Box> boxes;
  std::vector<Box> centres;            ///< boxes without extent
  SpatialGrid grid;                    ///< of the centres
  double widest = 0, tallest = 0;      ///< px
  std::vector<int32_t> taken_by;       ///< index of the track that has it, -1: none
  double time = 0, previous_time = 0;  ///< s: of this frame, of the one before
};

/// A track and a box, by their indices.
struct BoxPair {
  int32_t track = -1, box = -1;
};

/// How well two boxes fit, 0..1: intersection over union of both, grown by `growth` of their own extent on every side,
/// times the same of their vertical extents alone (people in a crowd overlap, but differ in height by how far they
/// are: Hybrid-SORT, AAAI 2024).
double box_similarity(const Box& a, const Box& b, double growth);

/// Gives boxes to tracks one to one, the best sum of similarities first for those that are sure on both sides
/// (ByteTrack, ECCV 2022), then for the rest.
class BoxAssociation {
 public:
  /// `least_overlap`: similarity above which a pair is possible. `least_trust`: what a sure box has.
  BoxAssociation(double least_overlap, double least_trust) : least_overlap_(least_overlap), least_trust_(least_trust) {}

  /// Tracks and boxes that are each other's best, near the prediction though not necessarily on it. Valid until the
  /// next call.
  std::span<const BoxPair> find_mutual(const std::vector<BoxTrack>& tracks, std::span<const int32_t> alive,
                                       const BoxFrame& frame);

  /// Sets the tracks' detection and the frame's taken_by.
  void match(std::vector<BoxTrack>& tracks, std::span<const int32_t> alive, BoxFrame& frame);

 private:
  /// Pairs of alive[row] and a box that are more alike than `least`, the track's box being `box_of(track)`, both grown
  /// by `growth_of(track)`.
  template <class Wanted, class BoxOf, class GrowthOf>
  void find_pairs(const std::vector<BoxTrack>& tracks, std::span<const int32_t> alive, const BoxFrame& frame,
                  double least, const Wanted& wanted, const BoxOf& box_of, const GrowthOf& growth_of);
  void solve(std::vector<BoxTrack>& tracks, std::span<const int32_t> alive, double least, BoxFrame& frame);

  double least_overlap_, least_trust_;
  std::vector<CostEdge> pairs_, open_;              ///< cost: 1 less the similarity
  std::vector<int32_t> best_of_row_, best_of_box_;  ///< indices of pairs, -1: none
  std::vector<BoxPair> mutual_;
  SparseAssignment assignment_;
};

}  // namespace flashcell::tracking
