#include "host/inference/resample/line_kernels.hpp"

namespace flashcell::host::inference {
namespace {
#include "host/inference/resample/plain_lines-inl.hpp"
}

const LineKernels& scalar_line_kernels() {
  static constexpr LineKernels kernels = {blend, gather, nullptr};
  return kernels;
}

const LineKernels& line_kernels(Target target) {
#if defined(__x86_64__)
  if (target == Target::avx512_vnni) return avx512_line_kernels();
  if (target == Target::avx2) return avx2_line_kernels();
#endif
  (void)target;
  return scalar_line_kernels();
}

}  // namespace flashcell::host::inference
