#pragma once
#include "host/app/command.hpp"

namespace flashcell::app {

/// The parts of `synth`.
void add_synth_driving(Command& synth, Action& action);
void add_synth_gestures(Command& synth, Action& action);

}  // namespace flashcell::app
