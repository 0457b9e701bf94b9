#pragma once
#include <span>
#include <vector>

#include "host/label/bit_image.hpp"
#include "host/segment/auto_segment.hpp"
#include "host/segment/choice/expected_count.hpp"
#include "host/segment/choice/trial.hpp"

namespace flashcell::host {

/// What is known of the sampled frames before any way to segment is tried.
struct SceneFacts {
  double noise = 1;              ///< standard deviation of a pixel, grey levels
  std::vector<BitImage> motion;  ///< of each sampled frame: what differs from the scene
  double motion_trust = 1;       ///< 0..1, how far that is no compression
  ExpectedCount count;
};

/// One way to segment, rated.
struct Rating {
  SegmentMerits merits;
  uint32_t min_area = 1, max_area = 0xFFFFFFFFu;  ///< px
  double subject_area = 0;                        ///< px, median
  double smaller = 0, larger = 0;                 ///< px, quartiles
  std::vector<float> subject_areas;               ///< px, of each in each frame
  std::vector<float> proven_areas;                ///< px, of those of them that move then, or did before and after
  double frames = 0;                              ///< that could be segmented
  bool of_one_kind = false;                       ///< nearly all that rests is just like what moves
  double trust = 1;  ///< in a way that can make objects of what is none: what it finds has to be so much better
};

/// Finds out which objects are the subjects, limits areas to them and to what looks like them, and rates what is left.
/// merits.score is set by score_ratings().
Rating rate_trial(const Trial& trial, const SceneFacts& facts);

/// Compares what each way finds, and sets the scores.
void score_ratings(std::vector<Rating>& ratings, const ExpectedCount& count);

}  // namespace flashcell::host
