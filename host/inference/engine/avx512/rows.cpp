#include "host/inference/engine/avx512/rows.hpp"

#if defined(__x86_64__)
namespace flashcell::host::inference {

const RowKernels& avx512_row_kernels() {
  static const bool bytes = __builtin_cpu_supports("avx512vbmi") != 0;
  static const RowKernels kernels = {avx512::layer_norm, bytes ? avx512::softmax_vbmi : avx512::softmax,
                                     bytes ? avx512::table_vbmi : avx512::table, avx512::add_pair,
                                     avx512::multiply_pair};
  return kernels;
}

}  // namespace flashcell::host::inference
#endif
