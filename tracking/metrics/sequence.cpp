#include "tracking/metrics/sequence.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

namespace flashcell::tracking {
namespace {

/// Objects in order of frame, then id, with ids renumbered from 0.
struct SequenceSide {
  std::vector<const LabelledObject*> objects;
  std::vector<int64_t> ids;  ///< sorted

  explicit SequenceSide(std::span<const LabelledObject> all) {
    objects.reserve(all.size());
    for (const LabelledObject& object : all) {
      objects.push_back(&object);
      ids.push_back(object.id);
    }
    std::sort(objects.begin(), objects.end(), [](const LabelledObject* a, const LabelledObject* b) {
      return a->frame != b->frame ? a->frame < b->frame : a->id < b->id;
    });
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  }

  int number(const LabelledObject& object) const {
    return static_cast<int>(std::lower_bound(ids.begin(), ids.end(), object.id) - ids.begin());
  }

  int64_t last_frame() const { return objects.empty() ? 0 : objects.back()->frame; }

  void check(int64_t frame_count) const {
    for (size_t i = 0; i < objects.size(); ++i) {
      const LabelledObject& object = *objects[i];
      if (object.frame < 1 || object.frame > frame_count) {
        throw std::invalid_argument("frame " + std::to_string(object.frame) + " is outside 1.." +
                                    std::to_string(frame_count));
      }
      if (i > 0 && objects[i - 1]->frame == object.frame && objects[i - 1]->id == object.id) {
        throw std::invalid_argument("id " + std::to_string(object.id) + " occurs twice in frame " +
                                    std::to_string(object.frame));
      }
    }
  }
};

template <class Similarity>
ScoredSequence score(std::span<const LabelledObject> truth_objects, std::span<const LabelledObject> track_objects,
                     int64_t frame_count, const Similarity& similarity) {
  const SequenceSide truth(truth_objects), tracks(track_objects);
  ScoredSequence sequence;
  sequence.frame_count = frame_count >= 0 ? frame_count : std::max(truth.last_frame(), tracks.last_frame());
  truth.check(sequence.frame_count);
  tracks.check(sequence.frame_count);
  sequence.truth_ids = static_cast<int>(truth.ids.size());
  sequence.track_ids = static_cast<int>(tracks.ids.size());
  sequence.truth_objects = static_cast<int64_t>(truth.objects.size());
  sequence.track_objects = static_cast<int64_t>(tracks.objects.size());

  size_t i = 0, j = 0;
  while (i < truth.objects.size() || j < tracks.objects.size()) {
    const int64_t frame = j == tracks.objects.size()  ? truth.objects[i]->frame
                          : i == truth.objects.size() ? tracks.objects[j]->frame
                                                      : std::min(truth.objects[i]->frame, tracks.objects[j]->frame);
    const size_t first_truth = i, first_track = j;
    ScoredFrame scored;
    for (; i < truth.objects.size() && truth.objects[i]->frame == frame; ++i) {
      scored.truth.push_back(truth.number(*truth.objects[i]));
    }
    for (; j < tracks.objects.size() && tracks.objects[j]->frame == frame; ++j) {
      scored.tracks.push_back(tracks.number(*tracks.objects[j]));
    }
    scored.similarity.reserve(scored.truth.size() * scored.tracks.size());
    for (size_t a = first_truth; a < i; ++a) {
      for (size_t b = first_track; b < j; ++b) {
        scored.similarity.push_back(similarity(*truth.objects[a], *tracks.objects[b]));
      }
    }
    sequence.frames.push_back(std::move(scored));
  }
  return sequence;
}

}  // namespace

double intersection_over_union(const Box& a, const Box& b) {
  const double width = std::min(a.left + a.width, b.left + b.width) - std::max(a.left, b.left);
  const double height = std::min(a.top + a.height, b.top + b.height) - std::max(a.top, b.top);
  const double intersection = std::max(0.0, width) * std::max(0.0, height);
  const double joint = a.area() + b.area() - intersection;
  return joint > 0 ? intersection / joint : 0;
}

ScoredSequence score_boxes(std::span<const LabelledObject> truth, std::span<const LabelledObject> tracks,
                           int64_t frame_count) {
  return score(truth, tracks, frame_count,
               [](const LabelledObject& a, const LabelledObject& b) { return intersection_over_union(a.box, b.box); });
}

ScoredSequence score_points(std::span<const LabelledObject> truth, std::span<const LabelledObject> tracks,
                            double max_distance, int64_t frame_count) {
  if (!(max_distance > 0)) throw std::invalid_argument("score_points: max_distance must be above 0");
  return score(truth, tracks, frame_count, [max_distance](const LabelledObject& a, const LabelledObject& b) {
    return std::max(0.0, 1 - std::hypot(a.x - b.x, a.y - b.y) / max_distance);
  });
}

}  // namespace flashcell::tracking
