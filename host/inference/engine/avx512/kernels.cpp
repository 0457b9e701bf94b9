// AVX-512 with VNNI: four products of uint8_t and int8_t a lane and instruction.
#include "host/inference/engine/kernels.hpp"

#if defined(__x86_64__)
#include "host/inference/engine/avx512/layers.hpp"

namespace flashcell::host::inference {
namespace {

#include "host/inference/engine/plain_layers-inl.hpp"

}  // namespace

const Kernels& avx512_vnni_kernels() {
  static const Kernels kernels = {4,
                                  false,
                                  DepthwiseTaps::fours,
                                  avx512::pack_matrix,
                                  avx512::convolution,
                                  avx512::depthwise,
                                  avx512::max_pool,
                                  avx512::average_pool,
                                  avx512::add,
                                  avx512::copy,
                                  upsample};
  return kernels;
}

}  // namespace flashcell::host::inference
#endif
