#include "quant_models/manycore/columns.hpp"

#include <algorithm>
#include <map>

namespace flashcell::quant::manycore {
namespace {

constexpr int kColumnGates = 3;

/// The columns that the rows of these neurons have, as a mark on each.
void mark(const SparseRows<float>& matrix, int64_t hidden, const NeuronSlice& slice, std::vector<char>& marks) {
  for (int gate = 0; gate < kColumnGates; ++gate)
    for (const uint32_t neuron : slice.neurons) {
      const size_t row = static_cast<size_t>(gate * hidden) + neuron;
      for (uint32_t i = matrix.starts[row]; i < matrix.starts[row + 1]; ++i) marks[matrix.places[i]] = 1;
    }
}

}  // namespace

SlicesByElement::SlicesByElement(const Placement& placement) : slices_(static_cast<size_t>(placement.elements)) {
  for (const NeuronSlice& slice : placement.slices) slices_[static_cast<size_t>(slice.element)].push_back(&slice);
}

std::vector<SourceColumns> columns_of(const SparseNetwork& network, const std::vector<const NeuronSlice*>& slices) {
  std::map<int, std::vector<char>> sources;
  for (const NeuronSlice* slice : slices) {
    const EventLayer& layer = network.layers[static_cast<size_t>(slice->layer)];
    std::vector<char>& below = sources[slice->layer - 1];
    below.resize(static_cast<size_t>(layer.inputs));
    mark(layer.input_weights, layer.hidden, *slice, below);
    std::vector<char>& own = sources[slice->layer];
    own.resize(static_cast<size_t>(layer.hidden));
    mark(layer.recurrent_weights, layer.hidden, *slice, own);
  }
  std::vector<SourceColumns> out;
  for (const auto& [layer, marks] : sources) {
    const auto width = static_cast<int64_t>(marks.size());
    // A list costs the number of each column beside its values of two steps.
    const bool all = 3 * std::count(marks.begin(), marks.end(), 1) >= 2 * width;
    SourceColumns columns{layer, width, all, {}};
    for (uint32_t c = 0; !all && c < marks.size(); ++c)
      if (marks[c] != 0) columns.columns.push_back(c);
    out.push_back(std::move(columns));
  }
  return out;
}

}  // namespace flashcell::quant::manycore
