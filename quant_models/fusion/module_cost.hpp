#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"

// What a network takes of compute-in-memory arrays and their converters, module by module (Ichikawa et al., REM-CiM,
// IEICE Trans. Electronics 2024, as far as its summary says it).
namespace flashcell::quant {

/// One module of a network (graph/shared_weights.hpp).
struct ModuleCost {
  std::string module;
  int64_t weights = 0;
  int64_t columns = 0;      ///< of arrays, each with a converter
  int64_t conversions = 0;  ///< for one picture: columns times the places of what they compute

  /// A weight is the difference of two cells.
  int64_t cells() const { return 2 * weights; }
};

/// Of convolutions and fully connected layers; layers that share weights (graph/shared_weights.hpp) have one array,
/// which converts for all of them. A weight matrix has a column for each output channel and a row for each of its
/// inputs; where `most_rows` is above 0, one with more rows lies in several arrays, each with converters of its own. In
/// the graph's order.
std::vector<ModuleCost> module_costs(const Graph& graph, int64_t most_rows = 0);

/// Sums over modules; converters of module m have bits.at(m) bits, where it is not there `other`.
struct ConverterTotals {
  int64_t cells = 0;
  double area = 0;    ///< columns times bits
  double energy = 0;  ///< conversions times bits
};
ConverterTotals converter_totals(const std::vector<ModuleCost>& modules, int other,
                                 const std::map<std::string, int>& bits = {});

}  // namespace flashcell::quant
