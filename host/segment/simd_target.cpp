#include "host/segment/simd_target.hpp"

#include <hwy/targets.h>

namespace flashcell::host {

std::string simd_target_name() {
  const auto supported = static_cast<uint64_t>(hwy::SupportedTargets());
  // Better targets have lower bits.
  return hwy::TargetName(static_cast<int64_t>(supported & (~supported + 1)));
}

}  // namespace flashcell::host
