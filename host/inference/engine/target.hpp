#pragma once
#include <vector>

namespace flashcell::host::inference {

/// Instruction sets that the engine has code for, worst first.
/// A set with matrix tiles (AMX) would stand behind the last: its code, its entry in target.cpp, nothing else.
enum class Target { scalar, avx2, avx512_vnni };

/// "scalar", ...
const char* name_of(Target target);

/// Those that this machine has, worst first; scalar is always there.
std::vector<Target> supported_targets();

}  // namespace flashcell::host::inference
