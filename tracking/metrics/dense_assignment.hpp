#pragma once
#include <vector>

namespace flashcell::tracking {

/// Optimal assignment of a dense rows x cols cost matrix (row-major, finite values): every row gets a column where rows
/// <= cols, else every column a row; the sum of costs is smallest. Returns each row's column, -1 where it has none.
/// Shortest augmenting paths with potentials (Kuhn 1955; Jonker, Volgenant 1987), O(min^2 * max). Throws
/// std::invalid_argument when the matrix' size is not rows * cols.
std::vector<int> assign_dense(const std::vector<double>& cost, int rows, int cols);

}  // namespace flashcell::tracking
