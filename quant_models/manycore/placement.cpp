#include "quant_models/manycore/placement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <queue>
#include <tuple>

#include "quant_models/manycore/columns.hpp"

namespace flashcell::quant::manycore {
namespace {

constexpr int64_t kNumberBytes = 4;  // float32, and what counts rows
constexpr int kPlacedGates = 3;

int64_t nonzeros_of(const EventLayer& layer, uint32_t neuron) {
  int64_t sum = 0;
  for (const SparseRows<float>* matrix : {&layer.input_weights, &layer.recurrent_weights})
    for (int gate = 0; gate < kPlacedGates; ++gate) {
      const size_t row = static_cast<size_t>(gate * layer.hidden) + neuron;
      sum += matrix->starts[row + 1] - matrix->starts[row];
    }
  return sum;
}

/// Neurons of `layer` to elements first .. first + count - 1, evenly by number.
void split_by_number(const EventLayer& layer, int layer_number, int first, int count,
                     std::vector<NeuronSlice>& slices) {
  for (int i = 0; i < count; ++i) {
    const auto begin = static_cast<uint32_t>(layer.hidden * i / count);
    const auto end = static_cast<uint32_t>(layer.hidden * (i + 1) / count);
    if (begin == end) continue;
    NeuronSlice slice{layer_number, first + i, std::vector<uint32_t>(end - begin)};
    std::iota(slice.neurons.begin(), slice.neurons.end(), begin);
    slices.push_back(std::move(slice));
  }
}

/// The largest neurons first, each to the element with least so far. `all_layers`: non-zeros of all layers on each
/// element, which decide between equals and are brought up to date.
void split_by_nonzeros(const EventLayer& layer, int layer_number, int first, int count,
                       std::vector<int64_t>& all_layers, std::vector<NeuronSlice>& slices) {
  std::vector<int64_t> sizes(static_cast<size_t>(layer.hidden));
  for (uint32_t n = 0; n < sizes.size(); ++n) sizes[n] = nonzeros_of(layer, n);
  std::vector<uint32_t> order(sizes.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return sizes[a] > sizes[b]; });
  using Load = std::tuple<int64_t, int64_t, int>;  // of this layer, of all layers, element
  std::priority_queue<Load, std::vector<Load>, std::greater<>> least;
  for (int i = 0; i < count; ++i) least.emplace(0, all_layers[static_cast<size_t>(first + i)], i);
  std::vector<std::vector<uint32_t>> neurons(static_cast<size_t>(count));
  const auto most = static_cast<size_t>((layer.hidden + count - 1) / count);
  for (const uint32_t neuron : order) {
    auto [load, all, i] = least.top();
    least.pop();
    neurons[static_cast<size_t>(i)].push_back(neuron);
    all_layers[static_cast<size_t>(first + i)] += sizes[neuron];
    if (neurons[static_cast<size_t>(i)].size() < most) least.emplace(load + sizes[neuron], all + sizes[neuron], i);
  }
  for (int i = 0; i < count; ++i) {
    std::vector<uint32_t>& own = neurons[static_cast<size_t>(i)];
    std::sort(own.begin(), own.end());
    if (!own.empty()) slices.push_back({layer_number, first + i, std::move(own)});
  }
}

/// How many elements each layer has to itself: at least one, the others where non-zeros per element are most.
std::vector<int> shares(const SparseNetwork& network, int elements) {
  std::vector<int> counts(network.layers.size(), 1);
  using Load = std::pair<double, size_t>;  // non-zeros and neurons on an element; layer
  const auto load = [&](size_t l) {
    const EventLayer& layer = network.layers[l];
    return static_cast<double>(layer.nonzeros() + layer.hidden) / counts[l];
  };
  std::priority_queue<Load> most;
  for (size_t l = 0; l < counts.size(); ++l) most.emplace(load(l), l);
  for (int left = elements - static_cast<int>(counts.size()); left > 0; --left) {
    const size_t l = most.top().second;
    most.pop();
    ++counts[l];
    most.emplace(load(l), l);
  }
  return counts;
}

/// The fewest elements that do, beginning from what all the memory together asks for; -1: none up to `most`.
int enough_elements(const SparseNetwork& network, const Placement& placement, Balance balance, const Chip& chip,
                    int sequences, int most) {
  const auto fits = [&](int elements) {
    const Placement tried = place(network, elements, placement.spread, balance);
    const std::vector<ElementMemory> memory = memory_of(network, tried, chip, sequences);
    return std::all_of(memory.begin(), memory.end(),
                       [&](const ElementMemory& m) { return m.charged <= chip.data_bytes(); });
  };
  int too_few = placement.elements, enough = too_few;
  do {
    if (enough >= most) return -1;
    too_few = enough;
    enough = std::min(most, enough * 2);
  } while (!fits(enough));
  while (enough - too_few > 1) {
    const int middle = too_few + (enough - too_few) / 2;
    (fits(middle) ? enough : too_few) = middle;
  }
  return enough;
}

}  // namespace

Placement place(const SparseNetwork& network, int elements, Spread spread, Balance balance) {
  const int layers = static_cast<int>(network.layers.size());
  if (elements < layers) spread = Spread::all;
  Placement placement{spread, elements, {}};
  const std::vector<int> own = spread == Spread::layers ? shares(network, elements) : std::vector<int>();
  std::vector<int64_t> all_layers(static_cast<size_t>(elements));
  int first = 0;
  for (int l = 0; l < layers; ++l) {
    const EventLayer& layer = network.layers[static_cast<size_t>(l)];
    const int count = own.empty() ? elements : own[static_cast<size_t>(l)];
    if (balance == Balance::neurons)
      split_by_number(layer, l, first, count, placement.slices);
    else
      split_by_nonzeros(layer, l, first, count, all_layers, placement.slices);
    if (!own.empty()) first += count;
  }
  return placement;
}

std::vector<ElementMemory> memory_of(const SparseNetwork& network, const Placement& placement, const Chip& chip,
                                     int sequences) {
  std::vector<ElementMemory> memory(static_cast<size_t>(placement.elements));
  const SlicesByElement by_element(placement);
  for (size_t e = 0; e < memory.size(); ++e) {
    ElementMemory& m = memory[e];
    const std::vector<const NeuronSlice*>& slices = by_element.of(e);
    for (const NeuronSlice* slice : slices) {
      const EventLayer& layer = network.layers[static_cast<size_t>(slice->layer)];
      const auto neurons = static_cast<int64_t>(slice->neurons.size());
      for (const uint32_t n : slice->neurons) m.nonzeros += nonzeros_of(layer, n);
      m.weights += 2 * (kPlacedGates * neurons + 1) * kNumberBytes;
      // Biases of both sides, threshold; state and output of each sequence; sums of both sides.
      m.neurons += (2 * kPlacedGates + 1 + 2 * sequences + 2 * kPlacedGates) * neurons * kNumberBytes;
    }
    int64_t widest = 0;
    for (const SourceColumns& source : columns_of(network, slices)) {
      const auto kept = static_cast<int64_t>(source.kept());
      widest = std::max(widest, kept);
      m.buffers += 2 * sequences * kept * kNumberBytes + static_cast<int64_t>(source.columns.size()) * kNumberBytes;
    }
    m.weights += m.nonzeros * (kNumberBytes + (widest <= 65536 ? 2 : 4));
    m.charged =
        std::max(m.laid_out(), static_cast<int64_t>(chip.nonzero_bytes * static_cast<double>(m.nonzeros) + 0.5));
  }
  return memory;
}

std::string misfit(const SparseNetwork& network, const Placement& placement, Balance balance, const Chip& chip,
                   int sequences) {
  const std::vector<ElementMemory> memory = memory_of(network, placement, chip, sequences);
  const auto most = std::max_element(memory.begin(), memory.end(), [](const ElementMemory& a, const ElementMemory& b) {
    return a.charged < b.charged;
  });
  if (most->charged <= chip.data_bytes()) return "";
  constexpr int kMostChips = 4096;
  const int enough = enough_elements(network, placement, balance, chip, sequences,
                                     static_cast<int>(std::min<int64_t>(INT32_MAX, chip.elements * kMostChips)));
  const std::string lacks =
      fmt::format("element {} lacks {} bytes: {} needed, {} of SRAM for data", most - memory.begin(),
                  most->charged - chip.data_bytes(), most->charged, chip.data_bytes());
  if (enough < 0) return lacks + "; no number of elements would do, as single neurons or their inputs are too large";
  const int64_t chips = (enough + chip.elements - 1) / chip.elements;
  return fmt::format("{}; {} elements would do{}", lacks, enough, chips > 1 ? fmt::format(", on {} chips", chips) : "");
}

}  // namespace flashcell::quant::manycore
