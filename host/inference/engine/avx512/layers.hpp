#pragma once
#include "host/inference/engine/kernels.hpp"

// The layers that have code of their own for AVX-512 with VNNI, a file each.
namespace flashcell::host::inference::avx512 {

void convolution(const WeightedLayer& layer, const Map& in, const Map& out, int items, uint16_t* scratch);
void depthwise(const WeightedLayer& layer, const Map& in, const Map& out, int items);
void pack_matrix(const Matrix& matrix, void* packed, int32_t* sums);
void max_pool(const PoolLayer& layer, const Map& in, const Map& out, int items);
void average_pool(const PoolLayer& layer, const Map& in, const Map& out, int items);
void add(const AddLayer& layer, const Map& a, const Map& b, const Map& out, int items);
void copy(const CopyLayer& layer, const Map& in, const Map& out, int items);

}  // namespace flashcell::host::inference::avx512
