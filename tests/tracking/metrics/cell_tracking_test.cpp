// SEG, DET and TRA: every kind of error by hand, and random graphs against the definition, pair by pair.
#include "tracking/metrics/cell_tracking.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace flashcell::tracking {
namespace {

/// One row of pixels a frame, a digit a pixel; 0 the floor.
LabelFrame frame_of(int64_t number, const std::string& reference, const std::string& result) {
  std::map<int, int64_t> a, b;
  std::map<std::pair<int, int>, int64_t> both;
  for (size_t i = 0; i < reference.size(); ++i) {
    const int r = reference[i] - '0', s = result[i] - '0';
    if (r > 0) ++a[r];
    if (s > 0) ++b[s];
    if (r > 0 && s > 0) ++both[{r, s}];
  }
  LabelFrame frame;
  frame.frame = number;
  for (const auto& [label, pixels] : a) frame.reference.push_back({label, pixels});
  for (const auto& [label, pixels] : b) frame.result.push_back({label, pixels});
  for (const auto& [labels, pixels] : both) frame.overlaps.push_back({labels.first, labels.second, pixels});
  return frame;
}

std::vector<LabelFrame> frames_of(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::vector<LabelFrame> frames;
  for (const auto& [reference, result] : rows)
    frames.push_back(frame_of(static_cast<int64_t>(frames.size()), reference, result));
  return frames;
}

/// "NS FN FP ED EA EC of vertices edges".
std::string text_of(const GraphErrors& e) {
  std::string text;
  for (const int64_t n : {e.splits, e.missed, e.false_positives, e.redundant_edges, e.missing_edges, e.wrong_edges,
                          e.reference_objects, e.reference_edges})
    text += std::to_string(n) + " ";
  return text;
}

using Tracks = std::vector<LineageTrack>;

TEST(CellTracking, TheSameIsPerfect) {
  const auto frames = frames_of({{"1100220", "1100220"}, {"1100220", "1100220"}, {"0330044", "0330044"}});
  const Tracks tracks = {{1, 0, 1, 0}, {2, 0, 1, 0}, {3, 2, 2, 1}, {4, 2, 2, 2}};
  const GraphErrors errors = compare_graphs(frames, tracks, tracks);
  EXPECT_EQ(text_of(errors), "0 0 0 0 0 0 6 4 ");
  EXPECT_EQ(tracking_accuracy(errors), 1);
  EXPECT_EQ(detection_accuracy(errors), 1);
  EXPECT_EQ(overlap_with_matches(frames).mean(), 1);
}

TEST(CellTracking, HalfOfTheReferenceIsNoMatchAndMoreIs) {
  const auto half = frames_of({{"1111", "0022"}});
  EXPECT_EQ(text_of(compare_objects(half)), "0 1 1 0 0 0 1 0 ");
  EXPECT_EQ(overlap_with_matches(half).sum, 0);
  const auto more = frames_of({{"111100", "022222"}});
  EXPECT_EQ(text_of(compare_objects(more)), "0 0 0 0 0 0 1 0 ");
  EXPECT_DOUBLE_EQ(overlap_with_matches(more).mean(), 3.0 / 6.0);
}

TEST(CellTracking, AMissedObjectTakesItsEdgesWithIt) {
  const auto frames = frames_of({{"110022", "110022"}, {"110022", "110000"}, {"110022", "110033"}});
  const GraphErrors errors =
      compare_graphs(frames, Tracks{{1, 0, 2, 0}, {2, 0, 2, 0}}, Tracks{{1, 0, 2, 0}, {2, 0, 0, 0}, {3, 2, 2, 0}});
  EXPECT_EQ(text_of(errors), "0 1 0 0 2 0 6 4 ");
  EXPECT_DOUBLE_EQ(detection_accuracy(errors), 1 - 10.0 / 60);
  EXPECT_DOUBLE_EQ(tracking_accuracy(errors), 1 - 13.0 / 66);
}

TEST(CellTracking, AFalsePositivesEdgesCostNothing) {
  const auto frames = frames_of({{"110000", "110022"}, {"110000", "110022"}});
  const GraphErrors errors = compare_graphs(frames, Tracks{{1, 0, 1, 0}}, Tracks{{1, 0, 1, 0}, {2, 0, 1, 0}});
  EXPECT_EQ(text_of(errors), "0 0 2 0 0 0 2 1 ");
  EXPECT_DOUBLE_EQ(tracking_accuracy(errors), 1 - 2.0 / 21.5);
}

TEST(CellTracking, AnObjectThatHoldsThreeIsTwoSplitsAndItsEdgesAreMissing) {
  const auto frames = frames_of({{"112233", "111111"}, {"112233", "112233"}});
  const Tracks truth = {{1, 0, 1, 0}, {2, 0, 1, 0}, {3, 0, 1, 0}};
  const GraphErrors errors = compare_graphs(frames, truth, Tracks{{1, 0, 1, 0}, {2, 1, 1, 0}, {3, 1, 1, 0}});
  EXPECT_EQ(text_of(errors), "2 0 0 0 3 0 6 3 ");
  EXPECT_DOUBLE_EQ(detection_accuracy(errors), 1 - 10.0 / 60);
}

TEST(CellTracking, TwoThatChangePlacesHaveTwoRedundantAndTwoMissingEdges) {
  const auto frames = frames_of({{"110022", "110022"}, {"110022", "220011"}});
  const Tracks both = {{1, 0, 1, 0}, {2, 0, 1, 0}};
  const GraphErrors errors = compare_graphs(frames, both, both);
  EXPECT_EQ(text_of(errors), "0 0 0 2 2 0 4 2 ");
  EXPECT_DOUBLE_EQ(tracking_accuracy(errors), 1 - 5.0 / 43);
}

TEST(CellTracking, AnEdgeOfTheOtherKindIsOneToChange) {
  // A division whose first daughter keeps the mother's label; and a track that is cut where the reference goes on.
  const auto division = frames_of({{"1100", "1100"}, {"2233", "1133"}});
  EXPECT_EQ(text_of(compare_graphs(division, Tracks{{1, 0, 0, 0}, {2, 1, 1, 1}, {3, 1, 1, 1}},
                                   Tracks{{1, 0, 1, 0}, {3, 1, 1, 0}})),
            "0 0 0 0 1 1 3 2 ");
  const auto cut = frames_of({{"11", "11"}, {"11", "22"}});
  EXPECT_EQ(text_of(compare_graphs(cut, Tracks{{1, 0, 1, 0}}, Tracks{{1, 0, 0, 0}, {2, 1, 1, 1}})), "0 0 0 0 0 1 2 1 ");
}

TEST(CellTracking, AGapIsCrossedByParents) {
  const auto frames = frames_of({{"11", "11"}, {"00", "00"}, {"22", "22"}});
  const Tracks tracks = {{1, 0, 0, 0}, {2, 2, 2, 1}};
  EXPECT_EQ(text_of(compare_graphs(frames, tracks, tracks)), "0 0 0 0 0 0 2 1 ");
  // Of a parent in parts the last before the child.
  const auto parts = frames_of({{"11", "11"}, {"00", "00"}, {"11", "11"}, {"22", "22"}});
  const Tracks in_parts = {{1, 0, 0, 0}, {1, 2, 2, 0}, {2, 3, 3, 1}};
  EXPECT_EQ(text_of(compare_graphs(parts, in_parts, in_parts)), "0 0 0 0 0 0 3 1 ");
}

TEST(CellTracking, WorseThanNothingIsNothing) {
  const auto frames = frames_of({{"1000000000000", "0203040506070"}, {"1000000000000", "0203040506070"}});
  const GraphErrors errors = compare_objects(frames);
  EXPECT_EQ(detection_accuracy(errors), 0);
}

TEST(CellTracking, FaultsOfLineagesAreFound) {
  using Kind = LineageFault::Kind;
  const std::vector<std::vector<int>> labels = {{1, 2}, {1}, {1, 2}};
  const auto fault_of = [&](const Tracks& tracks) { return check_lineage(tracks, labels); };
  EXPECT_FALSE(fault_of({{1, 0, 2, 0}, {2, 0, 0, 0}, {2, 2, 2, 0}}));
  const std::vector<std::tuple<Tracks, Kind, int, int64_t>> cases = {
      {{{1, 2, 1, 0}}, Kind::ends_before_it_begins, 1, 2},
      {{{1, 0, 2, 0}, {2, 0, 2, 0}}, Kind::label_missing, 2, 1},
      {{{1, 0, 3, 0}}, Kind::label_missing, 1, 3},
      {{{1, 0, 2, 0}, {2, 0, 0, 0}}, Kind::label_unexpected, 2, 2},
      {{{1, 0, 1, 0}, {1, 1, 2, 0}}, Kind::parts_overlap, 1, 1},
      {{{1, 0, 2, 0}, {2, 0, 0, 0}, {2, 2, 2, 1}}, Kind::no_such_parent, 2, 2},
      {{{1, 0, 2, 0}, {2, 0, 0, 9}}, Kind::no_such_parent, 2, 0},
  };
  for (const auto& [tracks, kind, label, frame] : cases) {
    const auto fault = fault_of(tracks);
    ASSERT_TRUE(fault);
    EXPECT_EQ(fault->kind, kind);
    EXPECT_EQ(fault->label, label);
    EXPECT_EQ(fault->frame, frame);
  }
}

/// The definition, as slow as it is plain: every pair of objects asked for every question.
class Plain {
 public:
  Plain(const std::vector<std::pair<std::string, std::string>>& rows, const Tracks& reference, const Tracks& result)
      : rows_(rows), reference_(reference), result_(result) {}

  std::string text() const {
    int64_t splits = 0, missed = 0, wrong = 0, objects = 0;
    for (size_t t = 0; t < rows_.size(); ++t) {
      for (char r = '1'; r <= '9'; ++r) {
        if (rows_[t].first.find(r) == std::string::npos) continue;
        ++objects;
        bool found = false;
        for (char s = '1'; s <= '9'; ++s) found = found || matches(t, r, s);
        missed += found ? 0 : 1;
      }
      for (char s = '1'; s <= '9'; ++s) {
        if (rows_[t].second.find(s) == std::string::npos) continue;
        const int64_t held = count(t, s);
        wrong += held == 0 ? 1 : 0;
        splits += std::max<int64_t>(0, held - 1);
      }
    }
    const auto [redundant, missing, other, edges] = edge_errors();
    GraphErrors errors{splits, missed, wrong, redundant, missing, other, objects, edges};
    return text_of(errors);
  }

 private:
  using Node = std::pair<int64_t, char>;

  bool matches(size_t t, char r, char s) const {
    int64_t of_reference = 0, both = 0;
    for (size_t i = 0; i < rows_[t].first.size(); ++i) {
      of_reference += rows_[t].first[i] == r ? 1 : 0;
      both += rows_[t].first[i] == r && rows_[t].second[i] == s ? 1 : 0;
    }
    return 2 * both > of_reference;
  }
  int64_t count(size_t t, char s) const {
    int64_t held = 0;
    for (char r = '1'; r <= '9'; ++r) held += matches(t, r, s) ? 1 : 0;
    return held;
  }
  /// 0: no edge, 1: within a track, 2: to a child.
  static int edge(const Tracks& tracks, const Node& a, const Node& b) {
    for (const LineageTrack& t : tracks) {
      const bool has_a = t.label == a.second - '0' && t.first <= a.first && a.first <= t.last;
      const bool has_b = t.label == b.second - '0' && t.first <= b.first && b.first <= t.last;
      if (has_a && has_b && b.first == a.first + 1) return 1;
      if (has_b && t.first == b.first && t.parent == a.second - '0') {
        for (const LineageTrack& p : tracks)
          if (p.label == t.parent && p.last == a.first) return 2;
      }
    }
    return 0;
  }
  std::vector<Node> nodes(bool reference) const {
    std::vector<Node> all;
    for (size_t t = 0; t < rows_.size(); ++t) {
      for (char c = '1'; c <= '9'; ++c) {
        if ((reference ? rows_[t].first : rows_[t].second).find(c) != std::string::npos)
          all.emplace_back(static_cast<int64_t>(t), c);
      }
    }
    return all;
  }
  std::tuple<int64_t, int64_t, int64_t, int64_t> edge_errors() const {
    int64_t redundant = 0, missing = 0, other = 0, edges = 0;
    const auto only = [&](const Node& reference, const Node& result) {
      return reference.first == result.first &&
             matches(static_cast<size_t>(reference.first), reference.second, result.second) &&
             count(static_cast<size_t>(result.first), result.second) == 1;
    };
    for (const Node& a : nodes(true)) {
      for (const Node& b : nodes(true)) {
        const int kind = edge(reference_, a, b);
        int found = 0;
        for (const Node& c : nodes(false)) {
          for (const Node& d : nodes(false)) {
            if (only(a, c) && only(b, d) && edge(result_, c, d) != 0) found = edge(result_, c, d);
          }
        }
        edges += kind != 0 ? 1 : 0;
        missing += kind != 0 && found == 0 ? 1 : 0;
        redundant += kind == 0 && found != 0 ? 1 : 0;
        other += kind != 0 && found != 0 && kind != found ? 1 : 0;
      }
    }
    return {redundant, missing, other, edges};
  }

  const std::vector<std::pair<std::string, std::string>>& rows_;
  const Tracks& reference_;
  const Tracks& result_;
};

/// The tracks that rows of pixels show: each label from its first frame to its last without a gap, some with a parent.
Tracks tracks_of(const std::vector<std::string>& rows, std::mt19937& random) {
  Tracks tracks;
  for (size_t t = 0; t < rows.size(); ++t) {
    const std::set<char> labels(rows[t].begin(), rows[t].end());
    for (const char c : labels) {
      if (c == '0') continue;
      const auto frame = static_cast<int64_t>(t);
      bool goes_on = false;
      for (LineageTrack& track : tracks) {
        if (track.label == c - '0' && track.last == frame - 1) track.last = frame, goes_on = true;
      }
      if (goes_on) continue;
      int parent = 0;
      for (const LineageTrack& track : tracks) {
        const bool last_part = track.last < frame && track.label != c - '0';
        if (last_part && random() % 3 == 0) parent = track.label;
      }
      // A parent in parts is joined at the last of them: leave that to its own test.
      int64_t parts = 0;
      for (const LineageTrack& track : tracks) parts += track.label == parent ? 1 : 0;
      tracks.push_back({c - '0', frame, frame, parts == 1 ? parent : 0});
    }
  }
  // A track that began again after it became a parent.
  for (LineageTrack& track : tracks) {
    int64_t parts = 0;
    for (const LineageTrack& other : tracks) parts += other.label == track.parent ? 1 : 0;
    const bool over = parts == 1 && std::any_of(tracks.begin(), tracks.end(), [&](const LineageTrack& other) {
                        return other.label == track.parent && other.last < track.first;
                      });
    if (!over) track.parent = 0;
  }
  return tracks;
}

TEST(CellTracking, RandomGraphsAreCountedAsTheDefinitionDoes) {
  std::mt19937 random(7);
  std::set<std::string> seen;
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> reference, result;
    for (int t = 0; t < 4; ++t) {
      std::string a, b;
      for (int object = 0; object < 4; ++object) {
        const char label = static_cast<char>('1' + random() % 5);
        a += std::string(3, random() % 4 == 0 ? '0' : label);
        // Mostly the same label, grown into the neighbour, another, or none.
        const uint32_t kind = random() % 8;
        b += kind == 0 ? std::string(3, '0') : kind == 1 ? std::string(3, '6') : std::string(3, label);
        if (kind == 2 && b.size() > 3) b[b.size() - 4] = label;
      }
      reference.push_back(a);
      result.push_back(b);
    }
    std::vector<std::pair<std::string, std::string>> rows;
    for (size_t t = 0; t < reference.size(); ++t) rows.emplace_back(reference[t], result[t]);
    const Tracks truth = tracks_of(reference, random), tracks = tracks_of(result, random);
    const std::string plain = Plain(rows, truth, tracks).text();
    ASSERT_EQ(text_of(compare_graphs(frames_of(rows), truth, tracks)), plain) << round;
    seen.insert(plain);
  }
  EXPECT_GT(seen.size(), 200u);
}

}  // namespace
}  // namespace flashcell::tracking
