#pragma once
#include <hwy/highway.h>
#include <hwy/targets.h>

namespace flashcell::test {

/// Runs check(name) once for each vector instruction set that this machine has and that the program was built for,
/// scalar included.
template <class Check>
void for_each_simd_target(Check check) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    check(hwy::TargetName(target));
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace flashcell::test
