#include "quant_models/manycore/mesh.hpp"

#include <algorithm>
#include <cstdlib>

namespace flashcell::quant::manycore {
namespace {

int sign(int x) {
  return (x > 0) - (x < 0);
}

/// The shorter way round where there is one; forward where both are as long.
int around(int difference, int size, bool torus) {
  if (!torus) return difference;
  const int forward = ((difference % size) + size) % size;
  return 2 * forward <= size ? forward : forward - size;
}

}  // namespace

Mesh::Mesh(const Chip& chip)
    : columns_(static_cast<int>(chip.columns)),
      rows_(static_cast<int>(chip.rows)),
      router_(static_cast<int>(chip.router_row * chip.columns + chip.router_column)),
      memory_(static_cast<int>(chip.memory_row * chip.columns + chip.memory_column)) {
  for (int node = 0; node < nodes() && static_cast<int64_t>(node_of_element_.size()) < chip.elements; ++node) {
    if (node == router_ || node == memory_) continue;
    const int64_t left = chip.elements - static_cast<int64_t>(node_of_element_.size());
    node_of_element_.insert(node_of_element_.end(), static_cast<size_t>(std::min(left, chip.elements_per_node)), node);
    farthest_ = std::max(farthest_, distance(router_, node));
  }
}

Direction Mesh::next(int from, int to) const {
  const int x = to % columns_ - from % columns_;
  if (x != 0) return x > 0 ? kEast : kWest;
  return to > from ? kSouth : kNorth;
}

int Mesh::neighbour(int node, Direction direction) const {
  switch (direction) {
    case kEast:
      return node + 1;
    case kWest:
      return node - 1;
    case kNorth:
      return node - columns_;
    case kSouth:
      return node + columns_;
    default:
      return node;
  }
}

int Mesh::distance(int from, int to) const {
  return std::abs(from % columns_ - to % columns_) + std::abs(from / columns_ - to / columns_);
}

ChipGrid::ChipGrid(const Chip& chip, int chips)
    : width_(chips), height_(1), torus_(chip.torus), diagonals_(chip.diagonals) {
  for (int height = 1; height * height <= chips; ++height)
    if (chips % height == 0) height_ = height;
  width_ = chips / height_;
}

ChipGrid::Step ChipGrid::way(int from, int to) const {
  return {around(to % width_ - from % width_, width_, torus_), around(to / width_ - from / width_, height_, torus_)};
}

int ChipGrid::next(int from, int to) const {
  const Step step = way(from, to);
  // South is down: north-east is right and up.
  if (diagonals_ && sign(step.x) * sign(step.y) < 0) return step.x > 0 ? 4 : 5;
  if (step.x != 0) return step.x > 0 ? 0 : 1;
  return step.y < 0 ? 2 : 3;
}

int ChipGrid::neighbour(int chip, int link) const {
  constexpr int kX[kLinks] = {1, -1, 0, 0, 1, -1}, kY[kLinks] = {0, 0, -1, 1, -1, 1};
  const int x = (chip % width_ + kX[link] + width_) % width_, y = (chip / width_ + kY[link] + height_) % height_;
  return y * width_ + x;
}

int ChipGrid::distance(int from, int to) const {
  const Step step = way(from, to);
  if (diagonals_ && sign(step.x) * sign(step.y) < 0) return std::max(std::abs(step.x), std::abs(step.y));
  return std::abs(step.x) + std::abs(step.y);
}

int ChipGrid::farthest() const {
  int most = 0;
  for (int chip = 0; chip < chips(); ++chip) most = std::max(most, distance(0, chip));
  return most;
}

}  // namespace flashcell::quant::manycore
