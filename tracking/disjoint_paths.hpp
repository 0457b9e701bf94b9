#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace flashcell::tracking {

/// From node `from` to node `to`, which is later: from < to.
struct PathEdge {
  int32_t from, to;
  double cost;
};

/// Between how many paths there are; the optional ones, beyond `least`, are made only where each saves more than
/// `start_cost`.
struct PathCount {
  int least = 1, most = 1;
  double start_cost = 0;
  double most_margin = 0;  ///< beyond which margins need not be known
};

/// What disjoint_paths() finds, a number for each node.
struct DisjointPaths {
  std::vector<int32_t> path;   ///< counted from 0 in the order of their first nodes, -1 for none
  std::vector<double> margin;  ///< what as many paths through the same nodes cost more without the edge by which theirs
                               ///< reaches the node; infinity where that is more than PathCount::most_margin, where
                               ///< there are no such paths, or no such edge
};

/// Paths through a graph that share no node, with the least sum of the costs of their nodes and edges; a node that no
/// path takes costs nothing. Costs may be negative. Minimum-cost flow by successive shortest paths (Zhang, Li, Nevatia
/// 2008): (paths) x (edges) x log(nodes). Margins are shortest ways round an edge in what the flow leaves free.
///
/// There are fewer than `least` paths only where there are fewer nodes.
DisjointPaths disjoint_paths(std::span<const double> node_costs, std::span<const PathEdge> edges,
                             const PathCount& count);

}  // namespace flashcell::tracking
