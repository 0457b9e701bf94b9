#include "tracking/relink.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "tests/tracking/follow.hpp"
#include "tracking/disjoint_paths.hpp"

namespace flashcell::test {
namespace {

using tracking::Detection;
using tracking::PathEdge;
using tracking::TrackerParameters;
using tracking::TrackName;
using tracking::TrackRow;

/// Cost of paths as disjoint_paths() names them; checks that every step is an edge.
double cost_of(const std::vector<double>& nodes, const std::vector<PathEdge>& edges, const std::vector<int32_t>& path) {
  double cost = 0;
  std::map<int32_t, int32_t> newest;
  for (int32_t i = 0; i < static_cast<int32_t>(nodes.size()); ++i) {
    if (path[i] < 0) continue;
    cost += nodes[i];
    const auto before = newest.find(path[i]);
    if (before != newest.end()) {
      const auto edge = std::find_if(edges.begin(), edges.end(),
                                     [&](const PathEdge& e) { return e.from == before->second && e.to == i; });
      EXPECT_NE(edge, edges.end());
      if (edge != edges.end()) cost += edge->cost;
    }
    newest[path[i]] = i;
  }
  return cost;
}

/// Least cost of all ways to give nodes to exactly `paths` paths, or fewer where `fewer`.
double least_cost(const std::vector<double>& nodes, const std::vector<PathEdge>& edges, int paths) {
  double best = 1e300;
  std::vector<int32_t> last(static_cast<size_t>(paths), -1);
  const std::function<void(size_t, double)> go = [&](size_t i, double cost) {
    if (i == nodes.size()) {
      for (const int32_t end : last) {
        if (end < 0) return;
      }
      best = std::min(best, cost);
      return;
    }
    go(i + 1, cost);
    for (int32_t& end : last) {
      const int32_t before = end;
      double step = nodes[i];
      if (before >= 0) {
        const auto edge = std::find_if(edges.begin(), edges.end(), [&](const PathEdge& e) {
          return e.from == before && e.to == static_cast<int32_t>(i);
        });
        if (edge == edges.end()) continue;
        step += edge->cost;
      }
      end = static_cast<int32_t>(i);
      go(i + 1, cost + step);
      end = before;
      if (before < 0) break;  // paths without a node are alike
    }
  };
  go(0, 0);
  return best;
}

struct PathProblem {
  std::vector<double> nodes;
  std::vector<PathEdge> edges;
  int paths;
};

PathProblem random_graph(std::mt19937& random) {
  std::uniform_real_distribution<double> unit(0, 1);
  PathProblem problem;
  problem.nodes.resize(1 + random() % 7);
  for (double& cost : problem.nodes) cost = -4 * unit(random) + 1;
  for (int32_t a = 0; a < static_cast<int32_t>(problem.nodes.size()); ++a) {
    for (int32_t b = a + 1; b < static_cast<int32_t>(problem.nodes.size()); ++b) {
      if (random() % 3 != 0) problem.edges.push_back({a, b, 3 * unit(random) - 0.5});
    }
  }
  problem.paths = 1 + static_cast<int>(random() % std::min<size_t>(3, problem.nodes.size()));
  return problem;
}

TEST(DisjointPaths, CostLeastOnRandomGraphs) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 300; ++trial) {
    const auto [nodes, edges, paths] = random_graph(random);
    const auto found = tracking::disjoint_paths(nodes, edges, {paths, paths, 0, 1e6}).path;
    EXPECT_EQ(*std::max_element(found.begin(), found.end()), paths - 1);
    EXPECT_NEAR(cost_of(nodes, edges, found), least_cost(nodes, edges, paths), 1e-9) << "trial " << trial;
  }
}

// Whatever else has to change with it: three objects that change places, say.
TEST(DisjointPaths, AMarginIsWhatAllCostMoreWithoutTheEdge) {
  std::mt19937 random(11);
  int edges_taken = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const auto [nodes, edges, paths] = random_graph(random);
    const double most = trial % 2 == 0 ? 1e6 : 1.0;
    const tracking::DisjointPaths found = tracking::disjoint_paths(nodes, edges, {paths, paths, 0, most});
    // Nodes stay on paths, and off them.
    std::vector<double> fixed;
    for (const int32_t path : found.path) fixed.push_back(path < 0 ? 1000 : -1000);
    const double least = least_cost(fixed, edges, paths);
    std::vector<int32_t> newest(paths, -1);
    for (int32_t node = 0; node < static_cast<int32_t>(nodes.size()); ++node) {
      const int32_t path = found.path[node];
      const int32_t before = path < 0 ? -1 : newest[path];
      if (path >= 0) newest[path] = node;
      if (before < 0) {
        EXPECT_EQ(found.margin[node], std::numeric_limits<double>::infinity());
        continue;
      }
      std::vector<PathEdge> others;
      std::copy_if(edges.begin(), edges.end(), std::back_inserter(others),
                   [before, node](const PathEdge& e) { return e.from != before || e.to != node; });
      const double more = least_cost(fixed, others, paths) - least;
      ++edges_taken;
      if (more <= std::min(most, 500.0))  // beyond, a node is off the paths: there are no others through all of them
        EXPECT_NEAR(found.margin[node], more, 1e-9) << "trial " << trial << ", node " << node;
      else
        EXPECT_EQ(found.margin[node], std::numeric_limits<double>::infinity());
    }
  }
  EXPECT_GT(edges_taken, 200);
}

TEST(DisjointPaths, OptionalOnesMustBeWorthTheirStart) {
  const std::vector<double> nodes = {-10, -6, -2};
  for (const auto& [start_cost, paths] : std::map<double, int>{{1, 3}, {3, 2}, {7, 1}}) {
    const auto found = tracking::disjoint_paths(nodes, {}, {1, 5, start_cost}).path;
    EXPECT_EQ(*std::max_element(found.begin(), found.end()), paths - 1) << start_cost;
  }
  EXPECT_TRUE(tracking::disjoint_paths({}, {}, {2, 2, 0}).path.empty());
}

Detection drawn_disc(double x, double y, double radius) {
  Detection d;
  d.x = x;
  d.y = y;
  d.area = 3.14159265 * radius * radius;
  d.cov_xx = d.cov_yy = radius * radius / 4;
  d.box = {x - radius, y - radius, 2 * radius, 2 * radius};
  d.has_shape = true;
  return d;
}

/// Both passes of an offline run.
std::vector<TrackRow> follow_twice(const TrackerParameters& parameters, double fps, const std::vector<Sight>& sights) {
  std::vector<TrackRow> rows;
  std::vector<TrackName> names;
  for (const bool second : {false, true}) {
    rows.clear();
    tracking::Tracker tracker(parameters, fps);
    if (second) tracker.set_names(names);
    for (const Sight& sight : sights) {
      const auto now = tracker.update(sight.frame, static_cast<double>(sight.frame) / fps, sight.detections);
      rows.insert(rows.end(), now.begin(), now.end());
      rows.insert(rows.end(), tracker.backfill().begin(), tracker.backfill().end());
    }
    names = tracking::relink(tracker.tracklets(), parameters);
  }
  return rows;
}

/// Two animals of different size that wander, are not seen for up to two seconds, and dust.
std::vector<Sight> arena(uint32_t seed, std::map<int64_t, std::array<std::array<double, 2>, 2>>& truth) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<Sight> sights;
  std::array<std::array<double, 2>, 2> place = {{{100, 100}, {300, 300}}}, speed = {};
  std::array<int, 2> hidden = {};
  for (int frame = 1; frame <= 1500; ++frame) {
    Sight sight{frame, {}};
    for (size_t i = 0; i < 2; ++i) {
      for (size_t axis = 0; axis < 2; ++axis) {
        speed[i][axis] = 0.95 * speed[i][axis] + 0.3 * normal(random);
        place[i][axis] += speed[i][axis];
        if (place[i][axis] < 20 || place[i][axis] > 380) speed[i][axis] = place[i][axis] < 20 ? 1 : -1;
      }
      if (hidden[i] == 0 && random() % 200 == 0) hidden[i] = 10 + static_cast<int>(random() % 50);
      if (hidden[i] > 0) {
        --hidden[i];
      } else {
        sight.detections.push_back(drawn_disc(place[i][0], place[i][1], i == 0 ? 8 : 11));
      }
    }
    if (random() % 20 == 0) {  // dust: still, seen a few times
      sight.detections.push_back(drawn_disc(390, 30 + static_cast<double>(random() % 5) * 80, 3));
      sight.detections.push_back(drawn_disc(10, 390, 3));
    }
    truth[frame] = place;
    sights.push_back(sight);
  }
  return sights;
}

TEST(Relink, TwoAnimalsAreTwoTracks) {
  int right = 0, rows_of_animals = 0;
  for (uint32_t seed = 1; seed <= 8; ++seed) {
    std::map<int64_t, std::array<std::array<double, 2>, 2>> truth;
    const std::vector<Sight> sights = arena(seed, truth);
    TrackerParameters parameters;
    parameters.lost_ms = 200;
    std::set<uint32_t> without;
    for (const TrackRow& row : follow(parameters, 30, sights)) without.insert(row.id);
    EXPECT_GT(without.size(), 4u) << "the scene is too easy";

    parameters.count = {2, 2};
    std::map<uint32_t, std::array<int, 2>> whose;
    for (const TrackRow& row : follow_twice(parameters, 30, sights)) {
      const auto& places = truth.at(row.frame);
      for (size_t i = 0; i < 2; ++i) {
        if (std::hypot(row.x - places[i][0], row.y - places[i][1]) < 3) ++whose[row.id][i];
      }
    }
    ASSERT_EQ(whose.size(), 2u) << "seed " << seed;
    EXPECT_EQ(whose.begin()->first, 1u);
    EXPECT_EQ(whose.rbegin()->first, 2u);
    const auto &a = whose[1], &b = whose[2];
    right += std::max(a[0] + b[1], a[1] + b[0]);
    rows_of_animals += a[0] + a[1] + b[0] + b[1];
  }
  EXPECT_GE(right, 0.98 * rows_of_animals);
}

TEST(Relink, DoubtIsSaidWhereTwoMayHaveChangedPlaces) {
  // Two alike are lost together and found again: where they were, or both as far from either's place.
  for (const bool alike : {false, true}) {
    std::vector<Sight> sights;
    for (int frame = 1; frame <= 200; ++frame) {
      Sight sight{frame, {}};
      if (frame <= 80 || frame > 140) {
        const double wobble = frame % 20;
        const bool between = alike && frame > 140;
        sight.detections.push_back(between ? drawn_disc(200, 100 - wobble, 8) : drawn_disc(100 + wobble, 200, 8));
        sight.detections.push_back(between ? drawn_disc(200, 300 + wobble, 8) : drawn_disc(300 - wobble, 200, 8));
      }
      sights.push_back(sight);
    }
    TrackerParameters parameters;
    parameters.count = {2, 2};
    float least = 1;
    std::set<uint32_t> ids;
    for (const TrackRow& row : follow_twice(parameters, 100, sights)) {
      ids.insert(row.id);
      if (row.frame < 90) {
        EXPECT_EQ(row.id_confidence, 1);
      }
      least = std::min(least, row.id_confidence);
    }
    EXPECT_EQ(ids, (std::set<uint32_t>{1, 2}));
    if (alike) {
      EXPECT_LT(least, 0.9);
    } else {
      EXPECT_GT(least, 0.95);
    }
    EXPECT_GE(least, 0.5);
  }
}

TEST(Relink, PredictionsEndWhereTheIdIsSeenAgain) {
  // Seen again elsewhere while the track that was lost is still foretold.
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 200; ++frame) {
    Sight sight{frame, {}};
    if (frame <= 80) sight.detections.push_back(drawn_disc(100 + frame, 200, 8));
    if (frame > 85) sight.detections.push_back(drawn_disc(100 + frame, 300, 8));
    sights.push_back(sight);
  }
  TrackerParameters parameters;
  parameters.count = {1, 1};
  parameters.predict_ms = 150;
  std::map<int64_t, int> rows;
  int predicted = 0;
  for (const TrackRow& row : follow_twice(parameters, 100, sights)) {
    EXPECT_EQ(row.id, 1U);
    EXPECT_EQ(++rows[row.frame], 1) << "frame " << row.frame;
    predicted += row.state == tracking::TrackState::predicted ? 1 : 0;
  }
  EXPECT_EQ(predicted, 5);
}

TEST(Relink, WhoIsOneTooManyIsLeftOutAndNobodyIsMergedWithIt) {
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 300; ++frame) {
    Sight sight{frame, {drawn_disc(20 + frame, 100, 8)}};
    // A small one for a while, which the other passes over.
    if (frame > 60 && frame < 140) {
      const double away = std::abs(20 + frame - 130.0);
      if (away > 11) sight.detections.push_back(drawn_disc(130, 100, 3));
    }
    sights.push_back(sight);
  }
  TrackerParameters parameters;
  parameters.count = {1, 1};
  const auto rows = follow_twice(parameters, 1000, sights);
  EXPECT_EQ(rows.size(), 300u);
  for (const TrackRow& row : rows) {
    EXPECT_EQ(row.id, 1u);
    EXPECT_EQ(row.state, tracking::TrackState::visible) << "frame " << row.frame;
  }
}

/// A picture of `wells` squares of 100 px beside each other, with so many objects in each.
std::shared_ptr<const tracking::RegionMap> row_of_wells(int wells, const tracking::ObjectCount& count) {
  std::vector<tracking::NamedRegion> regions;
  regions.reserve(static_cast<size_t>(wells));
  for (int i = 0; i < wells; ++i) regions.push_back({"A" + std::to_string(i + 1), count, {}});
  std::vector<uint16_t> pixels(10000 * static_cast<size_t>(wells));
  for (size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<uint16_t>(1 + i % (100 * static_cast<size_t>(wells)) / 100);
  return std::make_shared<tracking::RegionMap>(100 * wells, 100, regions, pixels);
}

TEST(Relink, EachWellsAnimalHasTheWellsNumber) {
  constexpr int kWells = 6;
  std::mt19937 random(11);
  std::normal_distribution<double> normal;
  std::vector<Sight> sights;
  std::array<std::array<double, 2>, kWells> place, speed = {};
  std::array<int, kWells> hidden = {};
  for (int i = 0; i < kWells; ++i) place[i] = {100.0 * i + 50, 50};
  for (int frame = 1; frame <= 1000; ++frame) {
    Sight sight{frame, {}};
    for (int i = kWells - 1; i >= 0; --i) {
      for (size_t axis = 0; axis < 2; ++axis) {
        const double low = axis == 0 ? 100.0 * i + 6 : 6, high = low + 88;
        speed[i][axis] = 0.9 * speed[i][axis] + 0.8 * normal(random);
        place[i][axis] = std::clamp(place[i][axis] + speed[i][axis], low, high);
      }
      if (hidden[i] == 0 && random() % 100 == 0) hidden[i] = 5 + static_cast<int>(random() % 60);
      if (hidden[i] > 0) {
        --hidden[i];
      } else {
        sight.detections.push_back(drawn_disc(place[i][0], place[i][1], 5));
      }
    }
    if (random() % 30 == 0)
      sight.detections.push_back(drawn_disc(100.0 * static_cast<double>(random() % kWells) + 90, 8, 2));
    sights.push_back(sight);
  }
  TrackerParameters parameters;
  parameters.lost_ms = 300;
  parameters.regions = row_of_wells(kWells, {1, 1});
  std::map<uint32_t, std::set<int>> wells_of;
  for (const TrackRow& row : follow(parameters, 30, sights))
    wells_of[row.id].insert(parameters.regions->at(row.x, row.y));
  EXPECT_GT(wells_of.size(), 3u * kWells) << "the scene is too easy";
  for (const auto& [id, wells] : wells_of) EXPECT_EQ(wells.size(), 1u) << "track " << id << " hops";
  std::map<uint32_t, int> rows_of;
  for (const TrackRow& row : follow_twice(parameters, 30, sights)) {
    EXPECT_EQ(static_cast<int>(row.id), parameters.regions->at(row.x, row.y) + 1) << "frame " << row.frame;
    ++rows_of[row.id];
  }
  ASSERT_EQ(rows_of.size(), size_t{kWells});
  for (const auto& [id, rows] : rows_of) EXPECT_GT(rows, 500) << "track " << id;
}

TEST(Relink, WhereNobodySaysHowManyEveryPieceStaysAndNothingOutsideIs) {
  const auto two = row_of_wells(2, {1, 1});
  std::vector<tracking::NamedRegion> regions = two->regions();
  regions[0].count = {};
  std::vector<uint16_t> pixels(100 * 300);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint16_t>(i % 300 < 200 ? 1 + i % 300 / 100 : 0);
  TrackerParameters parameters;
  parameters.regions = std::make_shared<tracking::RegionMap>(300, 100, regions, pixels);
  std::vector<Sight> sights;
  for (int frame = 1; frame <= 300; ++frame) {
    Sight sight{frame, {}};
    if (frame % 100 > 50) sight.detections = {drawn_disc(50, 50, 5), drawn_disc(150, 50, 5), drawn_disc(250, 50, 5)};
    sights.push_back(sight);
  }
  std::set<uint32_t> ids[3];
  for (const TrackRow& row : follow_twice(parameters, 100, sights)) ids[static_cast<int>(row.x) / 100].insert(row.id);
  EXPECT_EQ(ids[0], (std::set<uint32_t>{1, 2, 3}));
  EXPECT_EQ(ids[1], (std::set<uint32_t>{4}));
  EXPECT_TRUE(ids[2].empty());
}

TEST(Relink, NothingIsNamedWhereNothingWasSeen) {
  TrackerParameters parameters;
  parameters.count = {2, 4};
  EXPECT_TRUE(tracking::relink({}, parameters).empty());
}

TEST(Relink, NamesChangeNothingElse) {
  std::map<int64_t, std::array<std::array<double, 2>, 2>> truth;
  const std::vector<Sight> sights = arena(3, truth);
  TrackerParameters parameters;
  parameters.lost_ms = 200;
  const auto first = follow(parameters, 30, sights);
  parameters.count = {1 << 20, 1 << 20};  // as many as there are pieces
  const auto second = follow_twice(parameters, 30, sights);
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].frame, second[i].frame);
    EXPECT_EQ(first[i].x, second[i].x);
    EXPECT_EQ(first[i].state, second[i].state);
  }
}

}  // namespace
}  // namespace flashcell::test
