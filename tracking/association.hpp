#pragma once
#include <span>
#include <vector>

#include "tracking/blob_pixels.hpp"
#include "tracking/motion.hpp"
#include "tracking/sparse_assignment.hpp"
#include "tracking/spatial_grid.hpp"

namespace flashcell::tracking {

/// One frame's detections with what is derived from them once.
struct Observations {
  std::span<const Detection> detections;
  std::vector<Look> looks;        ///< of the detections; behind them may be others
  std::vector<Box> points;        ///< boxes without extent at the centroids
  SpatialGrid grid;               ///< of the points
  BlobPixels* pixels = nullptr;   ///< null: unknown
  double time = 0;                ///< s
  std::vector<int32_t> taken_by;  ///< index of the track that has the detection to itself, -1: none

  /// `regions`: TrackerParameters::regions, may be null; so may `frame_pixels`.
  void set(double time_s, std::span<const Detection> frame_detections, const RegionMap* regions,
           BlobPixels* frame_pixels);
};

/// Gives detections to tracks one to one. Every pair has its own gate; the sum of costs decides only between pairs
/// inside theirs.
class Association {
 public:
  explicit Association(const Motion& motion) : motion_(motion) {}

  /// First by the motion model: gate on the Mahalanobis distance; cost = distance^2 + log of its covariance (an
  /// uncertain track must not win by its uncertainty) + appearance (+ overlap for boxes).
  void match_predicted(std::vector<Track>& tracks, std::span<const int32_t> alive, Observations& frame);

  /// Then what is left: near, by object size and time unseen, and alike. Bounces, starts, and objects that come out of
  /// hiding.
  void match_regained(std::vector<Track>& tracks, std::span<const int32_t> alive, Observations& frame);

  /// Last a track and a detection that nobody has, within the object's own extent and alone there: an animal's jerk may
  /// leave every gate, and is still the only explanation.
  void match_alone(std::vector<Track>& tracks, std::span<const int32_t> alive, Observations& frame);

 private:
  int32_t find_alone(const Track& track, double radius, const Observations& frame) const;
  double alone_radius(const Track& track, double time) const;
  void add_predicted_edges(int32_t row, const Track& track, const Observations& frame);
  void add_regained_edges(int32_t row, const Track& track, const Observations& frame);
  void solve(std::vector<Track>& tracks, Match match, double unmatched_cost, Observations& frame);

  const Motion& motion_;
  std::vector<int32_t> rows_;  ///< track of each row
  std::vector<CostEdge> edges_;
  SparseAssignment assignment_;
};

}  // namespace flashcell::tracking
