#pragma once
#include "host/app/command.hpp"

namespace flashcell::app {

/// `flashcell experiment`: tables of publications, made anew.
void add_experiment(Command& app, Action& action);

}  // namespace flashcell::app
