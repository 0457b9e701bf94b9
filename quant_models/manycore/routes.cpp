#include "quant_models/manycore/routes.hpp"

#include <map>

namespace flashcell::quant::manycore {
namespace {

/// For each slice the elements that keep a value of one of its neurons, rising.
std::vector<std::vector<int>> receivers_of(const SparseNetwork& network, const Placement& placement,
                                           const std::vector<std::vector<SourceColumns>>& columns) {
  std::vector<std::vector<uint32_t>> owners(network.layers.size());  // slice of each neuron
  std::vector<std::vector<uint32_t>> slices(network.layers.size());
  for (size_t l = 0; l < owners.size(); ++l) owners[l].resize(static_cast<size_t>(network.layers[l].hidden));
  for (uint32_t s = 0; s < placement.slices.size(); ++s) {
    const auto layer = static_cast<size_t>(placement.slices[s].layer);
    slices[layer].push_back(s);
    for (const uint32_t n : placement.slices[s].neurons) owners[layer][n] = s;
  }
  std::vector<std::vector<int>> receivers(placement.slices.size());
  const auto add = [&](uint32_t slice, int element) {
    if (receivers[slice].empty() || receivers[slice].back() != element) receivers[slice].push_back(element);
  };
  for (int e = 0; e < placement.elements; ++e)
    for (const SourceColumns& source : columns[static_cast<size_t>(e)]) {
      if (source.layer < 0) continue;
      const auto layer = static_cast<size_t>(source.layer);
      if (source.all)
        for (const uint32_t s : slices[layer]) add(s, e);
      else
        for (const uint32_t c : source.columns) add(owners[layer][c], e);
    }
  return receivers;
}

/// Whether packets that came from another chip leave by one link alone, in the direction they came in.
bool straight(int came_by, uint8_t links) {
  return came_by >= 0 && links == (1U << came_by);
}

}  // namespace

Routes::Routes(const SparseNetwork& network, const Placement& placement,
               const std::vector<std::vector<SourceColumns>>& columns, const Chip& chip, const ChipGrid& grid)
    : entries_(placement.slices.size()), table_sizes_(static_cast<size_t>(grid.chips())) {
  std::vector<std::vector<int>> receivers = receivers_of(network, placement, columns);
  for (size_t s = 0; s < placement.slices.size(); ++s) {
    const int own = placement.slices[s].element;
    std::erase(receivers[s], own);
    if (!receivers[s].empty()) add(s, receivers[s], chip, grid, own / static_cast<int>(chip.elements));
  }
}

void Routes::add(size_t slice, const std::vector<int>& receivers, const Chip& chip, const ChipGrid& grid,
                 int own_chip) {
  const int per_chip = static_cast<int>(chip.elements);
  std::vector<RouteEntry>& entries = entries_[slice];
  std::vector<int> came_by{-1};
  std::map<int, size_t> place{{own_chip, 0}};  // of a chip in entries
  entries.push_back({own_chip, 0, 0, 0});
  for (size_t i = 0; i < receivers.size();) {
    const int to = receivers[i] / per_chip;
    for (int at = own_chip; at != to;) {
      const int link = grid.next(at, to);
      entries[place[at]].links = static_cast<uint8_t>(entries[place[at]].links | (1U << link));
      at = grid.neighbour(at, link);
      if (place.emplace(at, entries.size()).second) {
        entries.push_back({at, 0, 0, 0});
        came_by.push_back(link);
      }
    }
    RouteEntry& entry = entries[place[to]];
    entry.first = static_cast<uint32_t>(elements_.size());
    for (; i < receivers.size() && receivers[i] / per_chip == to; ++i) elements_.push_back(receivers[i]);
    entry.count = static_cast<uint32_t>(elements_.size()) - entry.first;
  }
  for (size_t i = 0; i < entries.size(); ++i)
    if (entries[i].count > 0 || !straight(came_by[i], entries[i].links))
      ++table_sizes_[static_cast<size_t>(entries[i].chip)];
}

size_t Routes::receivers(size_t slice) const {
  size_t sum = 0;
  for (const RouteEntry& entry : entries_[slice]) sum += entry.count;
  return sum;
}

}  // namespace flashcell::quant::manycore
