#pragma once
#include "host/inference/engine/row_layers.hpp"

// RowKernels' functions, a file each.
namespace flashcell::host::inference::avx512 {

void layer_norm(const LayerNormLayer& layer, const Map& in, const Map& out, int items);
void add_pair(const PairLayer& layer, const Map& a, const Map& b, const Map& out, int items);
void multiply_pair(const PairLayer& layer, const Map& a, const Map& b, const Map& out, int items);

/// With permutations of 16-bit numbers.
void softmax(const SoftmaxLayer& layer, const Map& in, const Map& out, int items);
void table(const TableLayer& layer, const Map& in, const Map& out, int items);
/// With permutations of bytes (VBMI).
void softmax_vbmi(const SoftmaxLayer& layer, const Map& in, const Map& out, int items);
void table_vbmi(const TableLayer& layer, const Map& in, const Map& out, int items);

}  // namespace flashcell::host::inference::avx512
