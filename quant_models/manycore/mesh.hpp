#pragma once
#include <cstdint>
#include <vector>

#include "quant_models/manycore/chip.hpp"

namespace flashcell::quant::manycore {

/// Directions out of a node of a chip's mesh; `elements` leads into the node's own elements.
enum Direction : uint8_t { kEast, kWest, kNorth, kSouth, kToElements, kDirections };

/// Places on a chip: nodes column by row, elements on nodes, links between neighbours. Packets go along their row
/// first, then along their column (XY routing).
class Mesh {
 public:
  explicit Mesh(const Chip& chip);

  int nodes() const { return columns_ * rows_; }
  int links() const { return nodes() * kDirections; }
  int columns() const { return columns_; }
  int rows() const { return rows_; }
  int router() const { return router_; }
  int memory() const { return memory_; }
  /// Of an element's number on its chip.
  int node_of(int element) const { return node_of_element_[static_cast<size_t>(element)]; }

  static int link(int node, Direction direction) { return node * kDirections + direction; }
  /// The way from one node to another, which is not the same: its first link's direction.
  Direction next(int from, int to) const;
  int neighbour(int node, Direction direction) const;
  /// Links between two nodes.
  int distance(int from, int to) const;
  /// The largest distance between the router and a node that has elements.
  int farthest() const { return farthest_; }

 private:
  int columns_, rows_, router_, memory_, farthest_ = 0;
  std::vector<int> node_of_element_;
};

/// How chips are joined: a grid as square as their number allows, each with links to four or six neighbours.
class ChipGrid {
 public:
  /// Where a link leads: east, west, north, south, and on triangular grids north-east and south-west.
  static constexpr int kLinks = 6;

  ChipGrid(const Chip& chip, int chips);

  int chips() const { return width_ * height_; }
  int width() const { return width_; }
  int height() const { return height_; }
  /// The link that a packet from one chip to another, which is not the same, leaves by: diagonals first, then along the
  /// row, then along the column.
  int next(int from, int to) const;
  int neighbour(int chip, int link) const;
  int distance(int from, int to) const;
  /// The largest distance from chip 0.
  int farthest() const;

 private:
  struct Step {
    int x, y;
  };
  Step way(int from, int to) const;

  int width_, height_;
  bool torus_, diagonals_;
};

}  // namespace flashcell::quant::manycore
