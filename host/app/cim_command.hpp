#pragma once
#include "host/app/command.hpp"

namespace flashcell::app {

/// Adds `cim`: networks on emulated compute-in-memory arrays.
void add_cim(Command& app, Action& action);

}  // namespace flashcell::app
