#pragma once
#include <memory>

#include "host/actions/action_model.hpp"
#include "pipeline/action_namer.hpp"

namespace flashcell::host {

/// Names actions by a model. `fps`: frames/s of the recording. An offline run's rows wait for the model's delay, so
/// that each has the word of the step it was meant for; a live run's have the last word. Memory is bounded by the
/// tracks of a time: one that has no row for longer than it may be missing is forgotten. One core, 2000 frames/s and
/// more of 100 tracks: tests/benchmarks/action_benchmark.
std::unique_ptr<ActionNamer> make_action_namer(const ActionModel& model, double fps);

}  // namespace flashcell::host
