#include "tracking/metrics/dense_assignment.hpp"

#include <limits>
#include <stdexcept>

namespace flashcell::tracking {
namespace {

/// Needs rows <= cols. `at(r, c)` is the cost. Returns each column's row, -1 where free.
template <class Cost>
std::vector<int> assign_wide(int rows, int cols, const Cost& at) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  // Index 0 is a virtual column from which each row's path starts.
  std::vector<double> row_potential(rows + 1, 0.0), col_potential(cols + 1, 0.0), distance(cols + 1);
  std::vector<int> row_of(cols + 1, 0), previous(cols + 1, 0);
  std::vector<char> done(cols + 1);
  for (int r = 1; r <= rows; ++r) {
    distance.assign(cols + 1, kInfinity);
    done.assign(cols + 1, 0);
    row_of[0] = r;
    int col = 0;
    do {
      done[col] = 1;
      const int row = row_of[col];
      double step = kInfinity;
      int next = 0;
      for (int c = 1; c <= cols; ++c) {
        if (done[c]) continue;
        const double reduced = at(row - 1, c - 1) - row_potential[row] - col_potential[c];
        if (reduced < distance[c]) {
          distance[c] = reduced;
          previous[c] = col;
        }
        if (distance[c] < step) {
          step = distance[c];
          next = c;
        }
      }
      for (int c = 0; c <= cols; ++c) {
        if (done[c]) {
          row_potential[row_of[c]] += step;
          col_potential[c] -= step;
        } else {
          distance[c] -= step;
        }
      }
      col = next;
    } while (row_of[col] != 0);
    while (col != 0) {
      row_of[col] = row_of[previous[col]];
      col = previous[col];
    }
  }
  std::vector<int> result(cols);
  for (int c = 0; c < cols; ++c) result[c] = row_of[c + 1] - 1;
  return result;
}

}  // namespace

std::vector<int> assign_dense(const std::vector<double>& cost, int rows, int cols) {
  if (rows < 0 || cols < 0 || cost.size() != static_cast<size_t>(rows) * static_cast<size_t>(cols)) {
    throw std::invalid_argument("assign_dense: the cost matrix' size is not rows * cols");
  }
  if (rows > cols) {
    return assign_wide(cols, rows, [&](int c, int r) { return cost[static_cast<size_t>(r) * cols + c]; });
  }
  const std::vector<int> row_of =
      assign_wide(rows, cols, [&](int r, int c) { return cost[static_cast<size_t>(r) * cols + c]; });
  std::vector<int> result(rows, -1);
  for (int c = 0; c < cols; ++c) {
    if (row_of[c] >= 0) result[row_of[c]] = c;
  }
  return result;
}

}  // namespace flashcell::tracking
