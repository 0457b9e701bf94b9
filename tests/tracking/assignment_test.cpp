#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tracking/metrics/dense_assignment.hpp"
#include "tracking/sparse_assignment.hpp"
#include "tracking/spatial_grid.hpp"

namespace flashcell::tracking {
namespace {

class Random {
 public:
  uint64_t below(uint64_t n) { return ((state_ = state_ * 6364136223846793005u + 1442695040888963407u) >> 33) % n; }

 private:
  uint64_t state_ = 7;
};

double cost_of(std::span<const int32_t> columns, std::span<const CostEdge> edges, double unmatched) {
  double sum = 0;
  for (size_t row = 0; row < columns.size(); ++row) {
    if (columns[row] < 0) {
      sum += unmatched;
      continue;
    }
    const auto edge = std::find_if(edges.begin(), edges.end(), [&](const CostEdge& e) {
      return e.row == static_cast<int32_t>(row) && e.col == columns[row];
    });
    EXPECT_NE(edge, edges.end()) << "a pair that is no edge";
    if (edge != edges.end()) sum += edge->cost;
  }
  return sum;
}

double brute_force(int row, int rows, std::vector<char>& used, std::span<const CostEdge> edges, double unmatched) {
  if (row == rows) return 0;
  double best = unmatched + brute_force(row + 1, rows, used, edges, unmatched);
  for (const CostEdge& edge : edges) {
    if (edge.row != row || used[edge.col]) continue;
    used[edge.col] = 1;
    best = std::min(best, edge.cost + brute_force(row + 1, rows, used, edges, unmatched));
    used[edge.col] = 0;
  }
  return best;
}

std::vector<CostEdge> random_edges(Random& random, int rows, int cols, int percent, int costs) {
  std::vector<CostEdge> edges;
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col) {
      if (random.below(100) < static_cast<uint64_t>(percent)) {
        edges.push_back({row, col, static_cast<double>(random.below(costs)) - 2});
      }
    }
  }
  return edges;
}

void expect_one_to_one(std::span<const int32_t> columns) {
  std::vector<int32_t> taken;
  for (int32_t col : columns) {
    if (col >= 0) taken.push_back(col);
  }
  std::sort(taken.begin(), taken.end());
  EXPECT_EQ(std::adjacent_find(taken.begin(), taken.end()), taken.end());
}

TEST(SparseAssignment, EqualsBruteForceOnSmallGraphs) {
  Random random;
  SparseAssignment assignment;
  for (int round = 0; round < 2000; ++round) {
    const int rows = static_cast<int>(random.below(7)), cols = static_cast<int>(random.below(7));
    const auto edges = random_edges(random, rows, cols, 20 + 10 * (round % 8), round % 2 == 0 ? 6 : 1000);
    const double unmatched = static_cast<double>(random.below(8));
    const auto columns = assignment.solve(rows, cols, edges, unmatched);
    expect_one_to_one(columns);
    std::vector<char> used(cols, 0);
    EXPECT_DOUBLE_EQ(cost_of(columns, edges, unmatched), brute_force(0, rows, used, edges, unmatched));
  }
}

TEST(SparseAssignment, EqualsTheDenseSolverOnLargerGraphs) {
  Random random;
  SparseAssignment assignment;
  for (int round = 0; round < 20; ++round) {
    const int rows = 40, cols = 30 + round;
    const auto edges = random_edges(random, rows, cols, 10 + 4 * round, 500);
    const double unmatched = 200;
    // The same problem as a full matrix: a column of its own for every row's "unmatched".
    std::vector<double> dense(rows * (cols + rows), 1e6);
    for (const CostEdge& edge : edges) dense[edge.row * (cols + rows) + edge.col] = edge.cost;
    for (int row = 0; row < rows; ++row) dense[row * (cols + rows) + cols + row] = unmatched;
    const std::vector<int> columns = assign_dense(dense, rows, cols + rows);
    double expected = 0;
    for (int row = 0; row < rows; ++row) expected += dense[row * (cols + rows) + columns[row]];
    EXPECT_DOUBLE_EQ(cost_of(assignment.solve(rows, cols, edges, unmatched), edges, unmatched), expected);
  }
}

TEST(SparseAssignment, EmptyGraphs) {
  SparseAssignment assignment;
  EXPECT_TRUE(assignment.solve(0, 5, {}, 1).empty());
  const auto columns = assignment.solve(2, 0, {}, 1);
  EXPECT_EQ(std::vector<int32_t>(columns.begin(), columns.end()), (std::vector<int32_t>{-1, -1}));
}

TEST(SpatialGrid, VisitsEveryBoxThatTouches) {
  Random random;
  SpatialGrid grid;
  for (int round = 0; round < 50; ++round) {
    std::vector<Box> boxes(random.below(60));
    const uint64_t extent = round % 2 == 0 ? 1 : 30;  // points on one round, boxes on the next
    for (Box& box : boxes) {
      box = {static_cast<double>(random.below(500)), static_cast<double>(random.below(3 + 10 * round)),
             static_cast<double>(random.below(extent)), static_cast<double>(random.below(extent))};
    }
    grid.build(boxes);
    for (int query = 0; query < 20; ++query) {
      const Box area{static_cast<double>(random.below(600)) - 50, static_cast<double>(random.below(600)) - 50,
                     static_cast<double>(random.below(80)), static_cast<double>(random.below(80))};
      std::vector<int> visits(boxes.size(), 0);
      grid.visit(area, [&](int32_t index) { ++visits[index]; });
      for (size_t i = 0; i < boxes.size(); ++i) {
        const bool touches = boxes[i].left <= area.left + area.width && area.left <= boxes[i].left + boxes[i].width &&
                             boxes[i].top <= area.top + area.height && area.top <= boxes[i].top + boxes[i].height;
        if (touches) {
          EXPECT_GE(visits[i], 1);
        }
        if (extent == 1) {
          EXPECT_LE(visits[i], 1);
        }
      }
    }
  }
}

}  // namespace
}  // namespace flashcell::tracking
