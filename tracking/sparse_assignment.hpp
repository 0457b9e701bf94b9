#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace flashcell::tracking {

/// A pair that may be matched, and what it costs (finite).
struct CostEdge {
  int32_t row = 0, col = 0;
  double cost = 0;
};

/// Optimal assignment on a sparse graph: each row takes one of its edges, or stays unmatched at a price; each column
/// serves one row; the sum is smallest. Shortest augmenting paths with potentials (Jonker, Volgenant 1987) on adjacency
/// lists: a path never leaves its connected component, so a graph of many small components costs little more than
/// reading its edges. Allocates nothing once it has solved as large a graph. Deterministic: of equal distances the
/// smaller column goes first.
class SparseAssignment {
 public:
  /// `edges` sorted by row. Returns each row's column, -1 where unmatched; valid until the next call.
  std::span<const int32_t> solve(int rows, int cols, std::span<const CostEdge> edges, double unmatched_cost);

 private:
  void start_rows(std::span<const CostEdge> edges);
  void augment(int32_t row, std::span<const CostEdge> edges);
  void relax(int32_t row, double base, std::span<const CostEdge> edges);
  void offer(int32_t col, int32_t row, double distance);

  double unmatched_cost_ = 0;
  int32_t cols_ = 0;
  std::vector<int32_t> first_edge_;       ///< a row's edges are first_edge_[row] .. first_edge_[row + 1]
  std::vector<int32_t> col_of_, row_of_;  ///< columns from cols_ on are the rows' own "unmatched"
  std::vector<double> row_potential_, col_potential_;
  std::vector<double> distance_;
  std::vector<int32_t> from_row_;           ///< by which row the shortest path reaches a column
  std::vector<int32_t> reached_, scanned_;  ///< columns of the current search
  std::vector<char> done_;
  std::vector<std::pair<double, int32_t>> heap_;
  std::vector<int32_t> result_;
};

}  // namespace flashcell::tracking
