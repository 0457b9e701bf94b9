#include "tracking/disjoint_paths.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <utility>

namespace flashcell::tracking {
namespace {

constexpr double kUnreached = std::numeric_limits<double>::infinity();
constexpr double kRounding = 1e-9;  ///< of reduced costs, which should be 0 or more

/// Every node is split in two, in and out, with its own cost between; all arcs take one unit.
class Flow {
 public:
  Flow(std::span<const double> node_costs, std::span<const PathEdge> edges)
      : nodes_(static_cast<int32_t>(node_costs.size())), source_(2 * nodes_), sink_(2 * nodes_ + 1) {
    arcs_of_.resize(2 * node_costs.size() + 2);
    for (int32_t i = 0; i < nodes_; ++i) {
      add(source_, in(i), 0);
      add(in(i), out(i), node_costs[i]);
      add(out(i), sink_, 0);
    }
    for (const PathEdge& edge : edges) add(out(edge.from), in(edge.to), edge.cost);
    set_potentials();
  }

  /// One more path; `cost`: what it adds. False, and nothing changed, where there is none.
  bool find(double& cost) {
    search(source_, Part::all);
    cost = distance_[sink_] + potential_[sink_] - potential_[source_];
    return distance_[sink_] < kUnreached;
  }

  void take() {
    for (size_t v = 0; v < potential_.size(); ++v) potential_[v] += std::min(distance_[v], distance_[sink_]);
    for (int32_t v = sink_; v != source_;) {
      const int32_t arc = reached_by_[v];
      arcs_[arc].free = false;
      arcs_[arc ^ 1].free = true;
      v = arcs_[arc ^ 1].to;
    }
  }

  DisjointPaths paths(double most_margin) {
    DisjointPaths found;
    found.path.assign(nodes_, -1);
    found.margin.assign(nodes_, kUnreached);
    int32_t next = 0;
    for (int32_t i = 0; i < nodes_; ++i) {
      for (int32_t arc : arcs_of_[in(i)]) {
        // The way back of an arc that is taken is free.
        if ((arc & 1) == 0 || !arcs_[arc].free) continue;
        const int32_t before = arcs_[arc].to;
        found.path[i] = before == source_ ? next++ : found.path[before / 2];
        if (before != source_) found.margin[i] = margin(before, in(i), -arcs_[arc].cost, most_margin);
      }
    }
    return found;
  }

 private:
  struct Arc {
    int32_t to;
    double cost;
    bool free;
  };

  static int32_t in(int32_t node) { return 2 * node; }
  static int32_t out(int32_t node) { return 2 * node + 1; }

  /// Arc and way back stand side by side.
  void add(int32_t from, int32_t to, double cost) {
    arcs_of_[from].push_back(static_cast<int32_t>(arcs_.size()));
    arcs_.push_back({to, cost, true});
    arcs_of_[to].push_back(static_cast<int32_t>(arcs_.size()));
    arcs_.push_back({from, -cost, false});
  }

  /// Shortest distances by the nodes' own order: at first every arc leads on.
  void set_potentials() {
    potential_.assign(arcs_of_.size(), kUnreached);
    potential_[source_] = 0;
    const auto relax = [this](int32_t v) {
      for (int32_t arc : arcs_of_[v]) {
        if (arcs_[arc].free)
          potential_[arcs_[arc].to] = std::min(potential_[arcs_[arc].to], potential_[v] + arcs_[arc].cost);
      }
    };
    relax(source_);
    for (int32_t v = 0; v < 2 * nodes_; ++v) relax(v);
    if (nodes_ == 0) potential_[sink_] = 0;
  }

  /// What another way from `from` to `to` costs more than the edge that is taken between them. Nodes stay on paths, and
  /// off them.
  double margin(int32_t from, int32_t to, double edge_cost, double most) {
    const double moved = potential_[to] - potential_[from];
    search(from, Part::edges, to, most + edge_cost - moved);
    const double more = distance_[to] + moved - edge_cost;
    return more <= most ? std::max(0.0, more) : kUnreached;
  }

  enum class Part { all, edges };

  /// Dijkstra on reduced costs, from `from` to everywhere, or to `target` and at most so far.
  void search(int32_t from, Part part, int32_t target = -1, double most = kUnreached) {
    distance_.assign(arcs_of_.size(), kUnreached);
    reached_by_.assign(arcs_of_.size(), -1);
    using Entry = std::pair<double, int32_t>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap;
    distance_[from] = 0;
    heap.emplace(0, from);
    while (!heap.empty()) {
      const auto [length, v] = heap.top();
      heap.pop();
      if (v == target || length > most) return;
      if (length > distance_[v]) continue;
      for (int32_t arc : arcs_of_[v]) {
        if (!arcs_[arc].free) continue;
        const int32_t to = arcs_[arc].to;
        if (part == Part::edges && (v ^ to) == 1 && v < source_) continue;  // a node's own arc
        const double step = std::max(0.0, arcs_[arc].cost + potential_[v] - potential_[to]);
        if (length + step < distance_[to] - kRounding) {
          distance_[to] = length + step;
          reached_by_[to] = arc;
          heap.emplace(distance_[to], to);
        }
      }
    }
  }

  int32_t nodes_, source_, sink_;
  std::vector<Arc> arcs_;
  std::vector<std::vector<int32_t>> arcs_of_;
  std::vector<double> potential_, distance_;
  std::vector<int32_t> reached_by_;
};

}  // namespace

DisjointPaths disjoint_paths(std::span<const double> node_costs, std::span<const PathEdge> edges,
                             const PathCount& count) {
  Flow flow(node_costs, edges);
  double cost = 0;
  for (int found = 0; found < count.most && flow.find(cost); ++found) {
    if (found >= count.least && cost + count.start_cost >= 0) break;
    flow.take();
  }
  return flow.paths(count.most_margin);
}

}  // namespace flashcell::tracking
