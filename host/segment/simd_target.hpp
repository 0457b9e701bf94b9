#pragma once
#include <string>

namespace flashcell::host {

/// The instruction set that run-time dispatch chooses on this machine, as Highway names it, e.g. "AVX3_DL".
std::string simd_target_name();

}  // namespace flashcell::host
