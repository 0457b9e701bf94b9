#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/named_value.hpp"
#include "quant_models/manycore/chip.hpp"
#include "quant_models/manycore/sparse_network.hpp"

namespace flashcell::quant::manycore {

/// Which elements a layer's neurons go to.
enum class Spread {
  all,     ///< each layer over all elements, which compute one layer after the other
  layers,  ///< each layer over elements of its own, which work on different steps at a time
};
inline constexpr NamedValue<Spread> kSpreadNames[] = {{Spread::all, "all"}, {Spread::layers, "layers"}};

/// What is made even between the elements that share a layer.
enum class Balance {
  nonzeros,  ///< non-zeros first, memory of all layers together next; never more neurons than an even share
  neurons,   ///< numbers of neurons, in the order of their numbers
};
inline constexpr NamedValue<Balance> kBalanceNames[] = {{Balance::nonzeros, "nonzeros"}, {Balance::neurons, "neurons"}};

/// The neurons of a layer that one element computes.
struct NeuronSlice {
  int layer = 0;
  int element = 0;
  std::vector<uint32_t> neurons;  ///< rising
};

/// Where an element's data bytes go, for `sequences` at once.
struct ElementMemory {
  int64_t weights = 0;  ///< values and columns of the non-zeros, row starts
  int64_t neurons = 0;  ///< biases, thresholds, states, sums
  int64_t buffers = 0;  ///< inputs and outputs of other neurons, of two steps
  int64_t nonzeros = 0;
  int64_t charged = 0;  ///< what is taken for needed: the sum of the first three, or the chip's nonzero_bytes for
                        ///< each non-zero where that is more

  int64_t laid_out() const { return weights + neurons + buffers; }
};

struct Placement {
  Spread spread = Spread::all;
  int elements = 0;                 ///< used, 0 .. elements - 1
  std::vector<NeuronSlice> slices;  ///< by layer, then element; none is empty
};

/// Splits every layer. `elements` at least 1. With Spread::layers, elements of a layer are as many as its share of the
/// non-zeros asks for, at least one; fewer elements than layers means Spread::all.
Placement place(const SparseNetwork& network, int elements, Spread spread, Balance balance);

/// What each of placement.elements needs.
std::vector<ElementMemory> memory_of(const SparseNetwork& network, const Placement& placement, const Chip& chip,
                                     int sequences);

/// Why the network does not fit, as the end of a line: the element that lacks most, how many bytes, how many elements
/// would do. Empty: it fits.
std::string misfit(const SparseNetwork& network, const Placement& placement, Balance balance, const Chip& chip,
                   int sequences);

}  // namespace flashcell::quant::manycore
