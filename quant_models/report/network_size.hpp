#pragma once
#include <cstdint>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// What a network takes, for one picture.
struct NetworkSize {
  int64_t parameters = 0;      ///< numbers in weights, biases, normalizations and constants
  int64_t parameter_bits = 0;  ///< their memory, as Cost::parameter_bits counts it
  int64_t value_bits = 0;      ///< most memory of values at a time, as total_cost() counts it
  int64_t macs = 0;
  int64_t bit_operations = 0;  ///< sum of multiply-accumulates x bits of the one factor x bits of the other; real
                               ///< numbers have 32
};

NetworkSize size_of(const Graph& graph);

}  // namespace flashcell::quant
