// Compiled for AVX2: the plain code in the compiler's vectors.
#if defined(__x86_64__)
#include "host/cnn/resample/line_kernels.hpp"

namespace flashcell::host::cnn {
namespace {
#include "host/cnn/resample/plain_lines-inl.hpp"
}

const LineKernels& avx2_line_kernels() {
  static constexpr LineKernels kernels = {blend, gather, nullptr};
  return kernels;
}

}  // namespace flashcell::host::cnn
#endif
