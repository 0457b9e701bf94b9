#pragma once
#include <cstdint>
#include <span>

#include "tracking/metrics/sequence.hpp"

// The measures of the ISBI particle tracking challenge (Chenouard et al.: "Objective comparison of particle tracking
// methods", Nature Methods 11, 281-289, 2014, doi:10.1038/nmeth.2808), for points.
namespace flashcell::tracking {

/// Sums, so that sequences can be combined; the measures follow from them. Distances are gated: an object that one
/// track has and the other has not, or has farther away than the gate, counts as the gate.
struct ParticleScores {
  double paired_distance = 0;                  ///< px, between true tracks and those paired with them, or nothing
  double truth_distance = 0;                   ///< px, between all true tracks and nothing
  double spurious_distance = 0;                ///< px, between tracks that are paired with none and nothing
  double squared_distance = 0;                 ///< px², of matched objects
  int64_t matched = 0, missed = 0, wrong = 0;  ///< objects
  int64_t matched_tracks = 0, missed_tracks = 0, wrong_tracks = 0;

  double alpha() const;       ///< 0..1: how well true tracks are followed
  double beta() const;        ///< 0..alpha: less what spurious tracks add
  double jsc() const;         ///< 0..1: Jaccard index of objects
  double jsc_tracks() const;  ///< 0..1: of tracks (JSC theta)
  double rmse() const;        ///< px, of matched objects
};

/// Pairs every true track with one track or none such that the sum of gated distances over all frames is smallest, and
/// counts objects of pairs that are nearer than `gate` (px, above 0; the challenge's is 5) as matched. A track that is
/// no nearer to a true one than nothing would be is not paired. Equal to the challenge's own software where no track
/// has gaps. Throws std::invalid_argument for a gate that is not above 0 and for an id twice in a frame.
ParticleScores score_particles(std::span<const LabelledObject> truth, std::span<const LabelledObject> tracks,
                               double gate);

/// Several sequences as one: sums are added.
ParticleScores combine(std::span<const ParticleScores> sequences);

}  // namespace flashcell::tracking
