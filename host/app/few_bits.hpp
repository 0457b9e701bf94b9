#pragma once
#include <cstdint>
#include <string>

#include "host/app/command.hpp"
#include "quant_models/quantize/plan.hpp"

namespace flashcell::app {

/// What `flashcell quantize` is told of methods beside integers of one number of bits.
struct FewBitOptions {
  std::string method;  ///< onebit, ternary, ease-in, cluster, spqr, prune; empty: none
  int spqr_bits = 3, steps = 300;
  double outliers = 0.01, pruned = 0.3;
};

/// But --method, which has other meanings too.
void add_few_bit_options(Command& command, FewBitOptions& options);

/// Adds what the method needs to a plan that ends with a pass which makes the quantized network. `quantization`: of
/// values, and of weights that the method leaves alone.
void add_few_bit_passes(const FewBitOptions& options, uint64_t seed, const quant::PostTrainingOptions& quantization,
                        quant::Plan& plan);

/// Whether weights are integers afterwards, which the engine computes with.
bool keeps_integers(const FewBitOptions& options);

}  // namespace flashcell::app
