#pragma once
#include <cstdint>
#include <vector>

#include "quant_models/manycore/placement.hpp"

namespace flashcell::quant::manycore {

/// The slices on each element, by layer.
class SlicesByElement {
 public:
  explicit SlicesByElement(const Placement& placement);
  const std::vector<const NeuronSlice*>& of(size_t element) const { return slices_[element]; }

 private:
  std::vector<std::vector<const NeuronSlice*>> slices_;
};

/// Values that an element keeps of one source: a layer's outputs, or the network's inputs. Kept for every column where
/// that takes less room, else for those alone that one of its non-zeros asks for, which have to be searched then.
struct SourceColumns {
  int layer = -1;                 ///< -1: the network's inputs
  int64_t width = 0;              ///< of the source
  bool all = true;                ///< of its columns are kept
  std::vector<uint32_t> columns;  ///< that are kept, rising; where not all are

  int64_t kept() const { return all ? width : static_cast<int64_t>(columns.size()); }
};

/// All sources of the element that has these slices, rising by layer.
std::vector<SourceColumns> columns_of(const SparseNetwork& network, const std::vector<const NeuronSlice*>& slices);

}  // namespace flashcell::quant::manycore
