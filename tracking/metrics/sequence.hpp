#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "tracking/detection.hpp"

namespace flashcell::tracking {

/// One object in one frame, from ground truth or from a tracker.
struct LabelledObject {
  int64_t frame = 0;    ///< from 1
  int64_t id = 0;       ///< unique in its frame
  Box box;              ///< px; for evaluation by boxes
  double x = 0, y = 0;  ///< px; for evaluation by points
};

/// A frame that has at least one object. Ids are counted from 0 over the sequence.
struct ScoredFrame {
  std::vector<int> truth, tracks;
  std::vector<double> similarity;  ///< truth.size() x tracks.size(), row-major, 0..1
  double at(size_t truth_index, size_t track_index) const {
    return similarity[truth_index * tracks.size() + track_index];
  }
};

/// One sequence, ready for the metrics: who was where, and how alike each pair is.
struct ScoredSequence {
  int64_t frame_count = 0;  ///< frames of the sequence, with objects or not
  int truth_ids = 0, track_ids = 0;
  int64_t truth_objects = 0, track_objects = 0;
  std::vector<ScoredFrame> frames;  ///< in order, without those that are empty on both sides
};

/// Area of intersection over area of union; 0 when both are empty.
double intersection_over_union(const Box& a, const Box& b);

/// Similarity is the intersection over union of the boxes. `frame_count` < 0: the last frame of either side.
/// Throws std::invalid_argument when an id occurs twice in a frame or a frame is outside 1..frame_count.
ScoredSequence score_boxes(std::span<const LabelledObject> truth, std::span<const LabelledObject> tracks,
                           int64_t frame_count = -1);

/// Similarity of points is max(0, 1 - distance / max_distance), as TrackEval's for Euclidean distances: with the
/// threshold 0.5 of CLEAR and identity, points match up to max_distance / 2. max_distance in px, > 0.
ScoredSequence score_points(std::span<const LabelledObject> truth, std::span<const LabelledObject> tracks,
                            double max_distance, int64_t frame_count = -1);

}  // namespace flashcell::tracking
