#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

// The measures of the Cell Tracking Challenge, from label images: SEG, DET and TRA (Matula, Maška, Sorokin, Matula,
// Ortiz-de-Solórzano, Kozubek: "Cell tracking accuracy measurement based on comparison of acyclic oriented graphs",
// PLoS ONE 10(12), 2015, doi:10.1371/journal.pone.0144959; Ulman et al., Nature Methods 14, 2017).
namespace flashcell::tracking {

/// An object of a label image.
struct LabelArea {
  int label = 0;  ///< above 0
  int64_t pixels = 0;
};

/// What a reference object and a result's object of one frame have in common.
struct LabelOverlap {
  int reference = 0, result = 0;  ///< labels
  int64_t pixels = 0;
};

/// The label images of one frame against each other.
struct LabelFrame {
  int64_t frame = 0;                         ///< from 0
  std::vector<LabelArea> reference, result;  ///< by rising label
  std::vector<LabelOverlap> overlaps;        ///< those with pixels
};

/// A track as the challenge's text files state it, or a part of one without gaps.
struct LineageTrack {
  int label = 0;
  int64_t first = 0, last = 0;  ///< frames, from 0, inclusive; the label is in each of them
  int parent = 0;               ///< label of the track that it comes from; 0: none
};

/// What must be done to the result's graph to make it the reference's.
struct GraphErrors {
  int64_t splits = 0;             ///< NS: vertices that hold several reference objects, once for each beyond the first
  int64_t missed = 0;             ///< FN: reference objects without a vertex
  int64_t false_positives = 0;    ///< FP: vertices without a reference object
  int64_t redundant_edges = 0;    ///< ED: between vertices that match one object each, where the reference has none
  int64_t missing_edges = 0;      ///< EA: of the reference, not in the result
  int64_t wrong_edges = 0;        ///< EC: within a track here and from parent to child there, or the other way round
  int64_t reference_objects = 0;  ///< vertices of the reference's graph
  int64_t reference_edges = 0;
};

/// Weights NS 5, FN 10, FP 1; with edges ED 1, EA 1.5, EC 1.
double detection_cost(const GraphErrors& errors);
double tracking_cost(const GraphErrors& errors);

/// DET: 1 - min(cost, C) / C, where C is the cost of making the reference's objects from nothing. 0..1; 0 where there
/// are none.
double detection_accuracy(const GraphErrors& errors);
/// TRA: the same with edges.
double tracking_accuracy(const GraphErrors& errors);

/// Vertices only: splits, missed, false_positives and reference_objects.
GraphErrors compare_objects(std::span<const LabelFrame> frames);

/// All of it. An object of the result matches a reference object where it covers more than half of its pixels. Edges
/// are a track's objects in frames that follow each other, and a parent's last with its child's first; of a parent in
/// several parts it is the last part that ends before the child begins. Tracks must be sound: check_lineage().
GraphErrors compare_graphs(std::span<const LabelFrame> frames, std::span<const LineageTrack> reference,
                           std::span<const LineageTrack> result);

/// SEG's sum over reference objects: the Jaccard index of each with the object that matches it, 0 where none does.
struct OverlapSum {
  double sum = 0;
  int64_t objects = 0;
  double mean() const { return objects > 0 ? sum / static_cast<double>(objects) : 0; }
};
OverlapSum overlap_with_matches(std::span<const LabelFrame> frames);

/// What is wrong with a lineage, or with a label image against it.
struct LineageFault {
  enum class Kind {
    ends_before_it_begins,
    parts_overlap,    ///< two parts of one label share a frame
    no_such_parent,   ///< none, or it is not over when the child begins
    label_missing,    ///< a frame of the track lacks its label
    label_unexpected  ///< a frame has a label that no track has there
  };
  Kind kind = Kind::label_missing;
  int label = 0;
  int64_t frame = 0;
};

/// The first fault of `tracks` against `labels`, the labels of frame 0, 1, …; none where all is sound.
std::optional<LineageFault> check_lineage(std::span<const LineageTrack> tracks,
                                          std::span<const std::vector<int>> labels);

}  // namespace flashcell::tracking
