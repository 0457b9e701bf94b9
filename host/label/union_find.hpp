#pragma once
#include <algorithm>
#include <cstdint>

// Disjoint sets over 0 .. n-1 in an array of parents. A parent is never larger than its child, so a set's root is its smallest
// member and one ascending sweep resolves everything.
namespace flashcell::host {

inline uint32_t find_root(const uint32_t* parents, uint32_t i) {
  uint32_t root = parents[i];
  while (parents[root] != root) root = parents[root];
  return root;
}

/// Joins the sets of a and b.
inline void unite(uint32_t* parents, uint32_t a, uint32_t b) {
  const uint32_t root_a = find_root(parents, a), root_b = find_root(parents, b);
  const uint32_t root = std::min(root_a, root_b);
  parents[std::max(root_a, root_b)] = root;
  parents[a] = root;  // shortens the way for those that come after
  parents[b] = root;
}

/// Replaces each parent by its set's number, sets numbered 0, 1, … by their roots. Returns the number of sets.
inline uint32_t number_sets(uint32_t* parents, uint32_t n) {
  uint32_t sets = 0;
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t parent = parents[i];
    const bool is_root = parent == i;
    // A smaller entry already holds its set's number. Entry i itself is not read when it is the root, but must be readable.
    const uint32_t number = parents[parent];
    parents[i] = is_root ? sets : number;
    sets += is_root ? 1 : 0;
  }
  return sets;
}

}  // namespace flashcell::host
