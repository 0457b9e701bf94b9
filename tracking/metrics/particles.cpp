#include "tracking/metrics/particles.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

#include "tracking/metrics/dense_assignment.hpp"

namespace flashcell::tracking {
namespace {

/// One side's objects, by frame and then from left to right.
struct Side {
  std::vector<const LabelledObject*> objects;
  std::map<int64_t, int> numbers;  ///< of ids, from 0
  std::vector<int64_t> lengths;    ///< objects of each track

  explicit Side(std::span<const LabelledObject> all) {
    for (const LabelledObject& object : all) {
      objects.push_back(&object);
      numbers.try_emplace(object.id, 0);
    }
    int next = 0;
    for (auto& [id, number] : numbers) number = next++;
    lengths.resize(numbers.size());
    for (const LabelledObject* object : objects) ++lengths[static_cast<size_t>(number(*object))];
    check();
    std::sort(objects.begin(), objects.end(), [](const LabelledObject* a, const LabelledObject* b) {
      return a->frame != b->frame ? a->frame < b->frame : a->x != b->x ? a->x < b->x : a->id < b->id;
    });
  }

  int number(const LabelledObject& object) const { return numbers.at(object.id); }

 private:
  void check() {
    std::vector<std::pair<int64_t, int64_t>> seen;
    seen.reserve(objects.size());
    for (const LabelledObject* object : objects) seen.emplace_back(object->frame, object->id);
    std::sort(seen.begin(), seen.end());
    if (std::adjacent_find(seen.begin(), seen.end()) != seen.end())
      throw std::invalid_argument("score_particles: an id occurs twice in a frame");
  }
};

/// What a true track and a track have in common.
struct Near {
  int64_t objects = 0;          ///< nearer than the gate
  double distance = 0;          ///< their sum, px
  double squared_distance = 0;  ///< px²
  int64_t both = 0;             ///< frames in which both are
};
using Pairs = std::map<std::pair<int, int>, Near>;

/// Pairs of tracks that are near each other somewhere.
Pairs near_pairs(const Side& truth, const Side& tracks, double gate) {
  Pairs pairs;
  size_t first = 0;  // of the tracks' objects: nothing before it is near any of what follows
  for (const LabelledObject* object : truth.objects) {
    const auto is_past = [&](const LabelledObject& other) {
      return other.frame != object->frame ? other.frame < object->frame : other.x <= object->x - gate;
    };
    while (first < tracks.objects.size() && is_past(*tracks.objects[first])) ++first;
    for (size_t i = first; i < tracks.objects.size(); ++i) {
      const LabelledObject& other = *tracks.objects[i];
      if (other.frame != object->frame || other.x >= object->x + gate) break;
      const double distance = std::hypot(object->x - other.x, object->y - other.y);
      if (!(distance < gate)) continue;
      Near& near = pairs[{truth.number(*object), tracks.number(other)}];
      ++near.objects;
      near.distance += distance;
      near.squared_distance += distance * distance;
    }
  }
  return pairs;
}

/// Frames of each track, rising.
std::vector<std::vector<int64_t>> frames_of(const Side& side) {
  std::vector<std::vector<int64_t>> frames(side.lengths.size());
  for (const LabelledObject* object : side.objects)
    frames[static_cast<size_t>(side.number(*object))].push_back(object->frame);
  return frames;
}

int64_t in_common(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  int64_t common = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j]) ++common;
    const bool advance_a = a[i] <= b[j], advance_b = b[j] <= a[i];
    i += advance_a ? 1 : 0;
    j += advance_b ? 1 : 0;
  }
  return common;
}

/// True tracks and tracks that are joined by pairs: an assignment of their own.
struct Group {
  std::vector<int> truth, tracks;
};

std::vector<Group> groups_of(const Pairs& pairs, size_t truth_count) {
  std::map<int, int> parent;  // of true tracks as they are, of tracks counted on from there
  const auto root = [&parent](int node) {
    while (parent[node] != node) node = parent[node] = parent[parent[node]];
    return node;
  };
  const auto base = static_cast<int>(truth_count);
  for (const auto& [pair, near] : pairs) {
    parent.try_emplace(pair.first, pair.first);
    parent.try_emplace(base + pair.second, base + pair.second);
    parent[root(base + pair.second)] = root(pair.first);
  }
  std::map<int, Group> groups;
  for (const auto& [node, above] : std::map<int, int>(parent)) {
    Group& group = groups[root(node)];
    if (node < base) {
      group.truth.push_back(node);
    } else {
      group.tracks.push_back(node - base);
    }
  }
  std::vector<Group> list;
  list.reserve(groups.size());
  for (auto& [node, group] : groups) list.push_back(std::move(group));
  return list;
}

class Scorer {
 public:
  Scorer(const Side& truth, const Side& tracks, double gate)
      : truth_(truth), tracks_(tracks), gate_(gate), pairs_(near_pairs(truth, tracks, gate)) {
    const auto truth_frames = frames_of(truth), track_frames = frames_of(tracks);
    for (auto& [pair, near] : pairs_) {
      near.both =
          in_common(truth_frames[static_cast<size_t>(pair.first)], track_frames[static_cast<size_t>(pair.second)]);
    }
  }

  ParticleScores score() {
    std::vector<char> used(tracks_.lengths.size());
    std::vector<int> partner(truth_.lengths.size(), -1);
    for (const Group& group : groups_of(pairs_, truth_.lengths.size())) pair_up(group, partner);
    for (size_t i = 0; i < partner.size(); ++i) {
      add_truth(static_cast<int>(i), partner[i]);
      if (partner[i] >= 0) used[static_cast<size_t>(partner[i])] = 1;
    }
    for (size_t i = 0; i < used.size(); ++i) {
      if (used[i] != 0) continue;
      ++scores_.wrong_tracks;
      scores_.wrong += tracks_.lengths[i];
      scores_.spurious_distance += gate_ * static_cast<double>(tracks_.lengths[i]);
    }
    return scores_;
  }

 private:
  double alone(int truth) const { return gate_ * static_cast<double>(truth_.lengths[static_cast<size_t>(truth)]); }

  /// Sum over the frames of either.
  double distance(int truth, int track, const Near& near) const {
    const int64_t either =
        truth_.lengths[static_cast<size_t>(truth)] + tracks_.lengths[static_cast<size_t>(track)] - near.both;
    return near.distance + gate_ * static_cast<double>(either - near.objects);
  }

  void pair_up(const Group& group, std::vector<int>& partner) const {
    // What a pair saves against leaving the true track alone; never chosen where it saves nothing.
    std::vector<double> cost(group.truth.size() * group.tracks.size(), 0.0);
    for (size_t i = 0; i < group.truth.size(); ++i) {
      for (size_t j = 0; j < group.tracks.size(); ++j) {
        const auto found = pairs_.find({group.truth[i], group.tracks[j]});
        if (found == pairs_.end()) continue;
        const double saved = alone(group.truth[i]) - distance(group.truth[i], group.tracks[j], found->second);
        cost[i * group.tracks.size() + j] = -std::max(0.0, saved);
      }
    }
    const std::vector<int> match =
        assign_dense(cost, static_cast<int>(group.truth.size()), static_cast<int>(group.tracks.size()));
    for (size_t i = 0; i < match.size(); ++i) {
      if (match[i] < 0 || !(cost[i * group.tracks.size() + static_cast<size_t>(match[i])] < 0)) continue;
      partner[static_cast<size_t>(group.truth[i])] = group.tracks[static_cast<size_t>(match[i])];
    }
  }

  void add_truth(int truth, int track) {
    const int64_t length = truth_.lengths[static_cast<size_t>(truth)];
    scores_.truth_distance += alone(truth);
    if (track < 0) {
      ++scores_.missed_tracks;
      scores_.missed += length;
      scores_.paired_distance += alone(truth);
      return;
    }
    const Near& near = pairs_.at({truth, track});
    ++scores_.matched_tracks;
    scores_.matched += near.objects;
    scores_.missed += length - near.objects;
    scores_.wrong += tracks_.lengths[static_cast<size_t>(track)] - near.objects;
    scores_.paired_distance += distance(truth, track, near);
    scores_.squared_distance += near.squared_distance;
  }

  const Side& truth_;
  const Side& tracks_;
  double gate_;
  Pairs pairs_;
  ParticleScores scores_;
};

double share(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

}  // namespace

double ParticleScores::alpha() const {
  return truth_distance > 0 ? 1 - paired_distance / truth_distance : 0;
}
double ParticleScores::beta() const {
  const double all = truth_distance + spurious_distance;
  return all > 0 ? (truth_distance - paired_distance) / all : 0;
}
double ParticleScores::jsc() const {
  return share(matched, matched + missed + wrong);
}
double ParticleScores::jsc_tracks() const {
  return share(matched_tracks, matched_tracks + missed_tracks + wrong_tracks);
}
double ParticleScores::rmse() const {
  return matched > 0 ? std::sqrt(squared_distance / static_cast<double>(matched)) : 0;
}

ParticleScores score_particles(std::span<const LabelledObject> truth, std::span<const LabelledObject> tracks,
                               double gate) {
  if (!(gate > 0)) throw std::invalid_argument("score_particles: the gate must be above 0");
  const Side a(truth), b(tracks);
  return Scorer(a, b, gate).score();
}

ParticleScores combine(std::span<const ParticleScores> sequences) {
  ParticleScores all;
  for (const ParticleScores& s : sequences) {
    all.paired_distance += s.paired_distance;
    all.truth_distance += s.truth_distance;
    all.spurious_distance += s.spurious_distance;
    all.squared_distance += s.squared_distance;
    all.matched += s.matched;
    all.missed += s.missed;
    all.wrong += s.wrong;
    all.matched_tracks += s.matched_tracks;
    all.missed_tracks += s.missed_tracks;
    all.wrong_tracks += s.wrong_tracks;
  }
  return all;
}

}  // namespace flashcell::tracking
