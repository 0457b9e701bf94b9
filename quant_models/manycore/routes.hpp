#pragma once
#include <cstdint>
#include <vector>

#include "quant_models/manycore/columns.hpp"
#include "quant_models/manycore/mesh.hpp"
#include "quant_models/manycore/placement.hpp"

namespace flashcell::quant::manycore {

/// What a chip's router does with packets of one slice.
struct RouteEntry {
  int chip = 0;
  uint8_t links = 0;              ///< bit per link of ChipGrid: where copies go on to
  uint32_t first = 0, count = 0;  ///< the elements of this chip that get one: Routes::elements()[first ...]
};

/// The routers' tables: one key a slice, since all its neurons go to the same elements. A packet goes from the slice's
/// chip to each chip that wants it by the grid's way, and is copied where ways part.
class Routes {
 public:
  Routes(const SparseNetwork& network, const Placement& placement,
         const std::vector<std::vector<SourceColumns>>& columns, const Chip& chip, const ChipGrid& grid);

  /// Of a slice: its own chip first, then every chip behind one that comes before it.
  const std::vector<RouteEntry>& of(size_t slice) const { return entries_[slice]; }
  /// Numbers in the whole machine.
  const std::vector<int>& elements() const { return elements_; }
  /// Elements that get a slice's packets by the routers; its own one, which needs none, is not among them.
  size_t receivers(size_t slice) const;
  /// Entries of a chip's table. Packets that only go straight on need none (default routing).
  const std::vector<int64_t>& table_sizes() const { return table_sizes_; }

 private:
  void add(size_t slice, const std::vector<int>& receivers, const Chip& chip, const ChipGrid& grid, int own_chip);

  std::vector<std::vector<RouteEntry>> entries_;
  std::vector<int> elements_;
  std::vector<int64_t> table_sizes_;
};

}  // namespace flashcell::quant::manycore
