#include "host/inference/engine/target.hpp"

namespace flashcell::host::inference {

const char* name_of(Target target) {
  switch (target) {
    case Target::scalar:
      return "scalar";
    case Target::avx2:
      return "avx2";
    case Target::avx512_vnni:
      return "avx512_vnni";
  }
  return "unknown";
}

std::vector<Target> supported_targets() {
  std::vector<Target> targets = {Target::scalar};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) targets.push_back(Target::avx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni")) {
    targets.push_back(Target::avx512_vnni);
  }
#endif
  return targets;
}

}  // namespace flashcell::host::inference
