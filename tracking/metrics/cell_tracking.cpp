#include "tracking/metrics/cell_tracking.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace flashcell::tracking {
namespace {

constexpr double kSplitCost = 5, kMissedCost = 10, kFalsePositiveCost = 1;
constexpr double kRedundantEdgeCost = 1, kMissingEdgeCost = 1.5, kWrongEdgeCost = 1;

/// An object of a graph: its frame and label.
using Vertex = std::pair<int64_t, int>;

/// Objects of the result and the reference objects that they cover, over all frames.
struct Matches {
  std::map<Vertex, Vertex> of_reference;            ///< to the result's
  std::map<Vertex, std::vector<Vertex>> of_result;  ///< to the reference's; empty for false positives
};

bool covers(const LabelOverlap& overlap, int64_t reference_pixels) {
  return 2 * overlap.pixels > reference_pixels;
}

int64_t pixels_of(const std::vector<LabelArea>& areas, int label) {
  const auto found = std::lower_bound(areas.begin(), areas.end(), label,
                                      [](const LabelArea& area, int wanted) { return area.label < wanted; });
  return found == areas.end() || found->label != label ? 0 : found->pixels;
}

Matches match(std::span<const LabelFrame> frames) {
  Matches matches;
  for (const LabelFrame& f : frames) {
    for (const LabelArea& area : f.result) matches.of_result[{f.frame, area.label}];
    for (const LabelOverlap& overlap : f.overlaps) {
      if (!covers(overlap, pixels_of(f.reference, overlap.reference))) continue;
      matches.of_reference[{f.frame, overlap.reference}] = {f.frame, overlap.result};
      matches.of_result[{f.frame, overlap.result}].emplace_back(f.frame, overlap.reference);
    }
  }
  return matches;
}

GraphErrors count_vertices(std::span<const LabelFrame> frames, const Matches& matches) {
  GraphErrors errors;
  for (const LabelFrame& f : frames) errors.reference_objects += static_cast<int64_t>(f.reference.size());
  errors.missed = errors.reference_objects - static_cast<int64_t>(matches.of_reference.size());
  for (const auto& [vertex, objects] : matches.of_result) {
    if (objects.empty()) ++errors.false_positives;
    if (objects.size() > 1) errors.splits += static_cast<int64_t>(objects.size()) - 1;
  }
  return errors;
}

/// The parts of each label.
class Parts {
 public:
  explicit Parts(std::span<const LineageTrack> tracks) {
    for (const LineageTrack& t : tracks) by_label_[t.label].push_back(&t);
    for (auto& [label, parts] : by_label_) {
      std::sort(parts.begin(), parts.end(),
                [](const LineageTrack* a, const LineageTrack* b) { return a->first < b->first; });
    }
  }

  /// The frame from which on two parts of a label have frames in common.
  std::optional<LineageFault> overlap() const {
    for (const auto& [label, parts] : by_label_) {
      for (size_t i = 1; i < parts.size(); ++i) {
        if (parts[i]->first <= parts[i - 1]->last)
          return LineageFault{LineageFault::Kind::parts_overlap, label, parts[i]->first};
      }
    }
    return std::nullopt;
  }

  /// The part of `label` that ends last before `frame`, where none overlap; null without one.
  const LineageTrack* before(int label, int64_t frame) const {
    const auto found = by_label_.find(label);
    if (found == by_label_.end()) return nullptr;
    const LineageTrack* best = nullptr;
    for (const LineageTrack* part : found->second) {
      if (part->last < frame) best = part;
    }
    return best;
  }

 private:
  std::map<int, std::vector<const LineageTrack*>> by_label_;  // by first frame
};

/// Edges and whether each goes from parent to child.
using Edges = std::map<std::pair<Vertex, Vertex>, bool>;

Edges edges_of(std::span<const LineageTrack> tracks) {
  Edges edges;
  const Parts parts(tracks);
  for (const LineageTrack& t : tracks) {
    for (int64_t frame = t.first; frame < t.last; ++frame) edges[{{frame, t.label}, {frame + 1, t.label}}] = false;
    const LineageTrack* parent = t.parent != 0 ? parts.before(t.parent, t.first) : nullptr;
    if (parent != nullptr) edges[{{parent->last, parent->label}, {t.first, t.label}}] = true;
  }
  return edges;
}

/// The one reference object that a vertex of the result matches; null where it matches none or several.
const Vertex* only_match(const Matches& matches, const Vertex& vertex) {
  const auto found = matches.of_result.find(vertex);
  return found != matches.of_result.end() && found->second.size() == 1 ? found->second.data() : nullptr;
}

void count_edges(const Edges& reference, const Edges& result, const Matches& matches, GraphErrors& errors) {
  errors.reference_edges = static_cast<int64_t>(reference.size());
  int64_t found = 0;
  for (const auto& [ends, to_child] : result) {
    const Vertex *from = only_match(matches, ends.first), *to = only_match(matches, ends.second);
    if (from == nullptr || to == nullptr) continue;
    const auto edge = reference.find({*from, *to});
    if (edge == reference.end()) {
      ++errors.redundant_edges;
      continue;
    }
    ++found;
    if (edge->second != to_child) ++errors.wrong_edges;
  }
  errors.missing_edges = errors.reference_edges - found;
}

double accuracy(double cost, double from_nothing) {
  return from_nothing > 0 ? 1 - std::min(cost, from_nothing) / from_nothing : 0;
}

}  // namespace

double detection_cost(const GraphErrors& e) {
  return kSplitCost * static_cast<double>(e.splits) + kMissedCost * static_cast<double>(e.missed) +
         kFalsePositiveCost * static_cast<double>(e.false_positives);
}

double tracking_cost(const GraphErrors& e) {
  return detection_cost(e) + kRedundantEdgeCost * static_cast<double>(e.redundant_edges) +
         kMissingEdgeCost * static_cast<double>(e.missing_edges) + kWrongEdgeCost * static_cast<double>(e.wrong_edges);
}

double detection_accuracy(const GraphErrors& e) {
  return accuracy(detection_cost(e), kMissedCost * static_cast<double>(e.reference_objects));
}

double tracking_accuracy(const GraphErrors& e) {
  return accuracy(tracking_cost(e), kMissedCost * static_cast<double>(e.reference_objects) +
                                        kMissingEdgeCost * static_cast<double>(e.reference_edges));
}

GraphErrors compare_objects(std::span<const LabelFrame> frames) {
  return count_vertices(frames, match(frames));
}

GraphErrors compare_graphs(std::span<const LabelFrame> frames, std::span<const LineageTrack> reference,
                           std::span<const LineageTrack> result) {
  const Matches matches = match(frames);
  GraphErrors errors = count_vertices(frames, matches);
  count_edges(edges_of(reference), edges_of(result), matches, errors);
  return errors;
}

OverlapSum overlap_with_matches(std::span<const LabelFrame> frames) {
  OverlapSum all;
  for (const LabelFrame& f : frames) {
    all.objects += static_cast<int64_t>(f.reference.size());
    for (const LabelOverlap& overlap : f.overlaps) {
      const int64_t reference = pixels_of(f.reference, overlap.reference);
      if (!covers(overlap, reference)) continue;
      const int64_t joint = reference + pixels_of(f.result, overlap.result) - overlap.pixels;
      all.sum += static_cast<double>(overlap.pixels) / static_cast<double>(joint);
    }
  }
  return all;
}

std::optional<LineageFault> check_lineage(std::span<const LineageTrack> tracks,
                                          std::span<const std::vector<int>> labels) {
  using Kind = LineageFault::Kind;
  const auto frames = static_cast<int64_t>(labels.size());
  std::vector<std::set<int>> unclaimed(labels.size());
  for (size_t i = 0; i < labels.size(); ++i) unclaimed[i].insert(labels[i].begin(), labels[i].end());
  for (const LineageTrack& t : tracks) {
    if (t.first < 0 || t.last < t.first) return LineageFault{Kind::ends_before_it_begins, t.label, t.first};
  }
  const Parts parts(tracks);
  if (const auto fault = parts.overlap()) return fault;
  for (const LineageTrack& t : tracks) {
    for (int64_t frame = t.first; frame <= t.last; ++frame) {
      if (frame >= frames || unclaimed[static_cast<size_t>(frame)].erase(t.label) == 0)
        return LineageFault{Kind::label_missing, t.label, frame};
    }
    if (t.parent != 0 && parts.before(t.parent, t.first) == nullptr)
      return LineageFault{Kind::no_such_parent, t.label, t.first};
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    if (!unclaimed[i].empty())
      return LineageFault{Kind::label_unexpected, *unclaimed[i].begin(), static_cast<int64_t>(i)};
  }
  return std::nullopt;
}

}  // namespace flashcell::tracking
