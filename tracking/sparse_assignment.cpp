#include "tracking/sparse_assignment.hpp"

#include <algorithm>
#include <functional>
#include <limits>

namespace flashcell::tracking {
namespace {
constexpr double kInfinity = std::numeric_limits<double>::infinity();
}

std::span<const int32_t> SparseAssignment::solve(int rows, int cols, std::span<const CostEdge> edges,
                                                 double unmatched_cost) {
  unmatched_cost_ = unmatched_cost;
  cols_ = cols;
  first_edge_.assign(rows + 1, 0);
  for (const CostEdge& edge : edges) ++first_edge_[edge.row + 1];
  for (int row = 0; row < rows; ++row) first_edge_[row + 1] += first_edge_[row];
  const size_t all_cols = static_cast<size_t>(cols) + rows;
  col_of_.assign(rows, -1);
  row_of_.assign(all_cols, -1);
  row_potential_.assign(rows, 0);
  col_potential_.assign(all_cols, 0);
  distance_.assign(all_cols, kInfinity);
  from_row_.assign(all_cols, -1);
  done_.assign(all_cols, 0);

  start_rows(edges);
  for (int32_t row = 0; row < rows; ++row) {
    if (col_of_[row] < 0) augment(row, edges);
  }
  result_.assign(rows, -1);
  for (int row = 0; row < rows; ++row) {
    if (col_of_[row] < cols) result_[row] = col_of_[row];
  }
  return result_;
}

/// Every row's potential is its cheapest choice; rows whose cheapest column is free take it.
void SparseAssignment::start_rows(std::span<const CostEdge> edges) {
  for (int32_t row = 0; row < static_cast<int32_t>(col_of_.size()); ++row) {
    double best = unmatched_cost_;
    int32_t col = cols_ + row;
    for (int32_t e = first_edge_[row]; e < first_edge_[row + 1]; ++e) {
      if (edges[e].cost < best) {
        best = edges[e].cost;
        col = edges[e].col;
      }
    }
    row_potential_[row] = best;
    if (row_of_[col] < 0) {
      row_of_[col] = row;
      col_of_[row] = col;
    }
  }
}

void SparseAssignment::offer(int32_t col, int32_t row, double distance) {
  if (done_[col] || distance >= distance_[col]) return;
  if (distance_[col] == kInfinity) reached_.push_back(col);
  distance_[col] = distance;
  from_row_[col] = row;
  heap_.emplace_back(distance, col);
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

void SparseAssignment::relax(int32_t row, double base, std::span<const CostEdge> edges) {
  const double offset = base - row_potential_[row];
  for (int32_t e = first_edge_[row]; e < first_edge_[row + 1]; ++e) {
    const int32_t col = edges[e].col;
    offer(col, row, offset + edges[e].cost - col_potential_[col]);
  }
  const int32_t own = cols_ + row;
  offer(own, row, offset + unmatched_cost_ - col_potential_[own]);
}

void SparseAssignment::augment(int32_t row, std::span<const CostEdge> edges) {
  heap_.clear();
  reached_.clear();
  scanned_.clear();
  relax(row, 0, edges);
  int32_t end = -1;
  while (end < 0) {
    // The row's own "unmatched" column is free at the start of its search, so the heap never runs empty.
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    const std::pair<double, int32_t> nearest = heap_.back();
    heap_.pop_back();
    const int32_t col = nearest.second;
    if (done_[col]) continue;
    done_[col] = 1;
    if (row_of_[col] < 0) {
      end = col;
    } else {
      scanned_.push_back(col);
      relax(row_of_[col], nearest.first, edges);
    }
  }
  const double length = distance_[end];
  row_potential_[row] += length;
  for (int32_t col : scanned_) {
    col_potential_[col] += distance_[col] - length;
    row_potential_[row_of_[col]] -= distance_[col] - length;
  }
  for (int32_t col = end; col >= 0;) {
    const int32_t taker = from_row_[col];
    const int32_t given_up = col_of_[taker];
    row_of_[col] = taker;
    col_of_[taker] = col;
    col = taker == row ? -1 : given_up;
  }
  for (int32_t col : reached_) {
    distance_[col] = kInfinity;
    done_[col] = 0;
  }
}

}  // namespace flashcell::tracking
