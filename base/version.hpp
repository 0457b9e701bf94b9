#pragma once

namespace flashcell {

/// This build's version, as in "0.2.0": project(VERSION …) in the topmost CMakeLists.txt states it.
const char* version();

/// What outputs say of the program that made them, as in "flashcell 0.2.0".
const char* program_version();

}  // namespace flashcell
