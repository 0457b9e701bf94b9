#pragma once
#include <filesystem>
#include <memory>

#include "pipeline/sink.hpp"

namespace flashcell::host {

/// actions.csv: what tracks did, a line a span in the order of their ends: id, action, first and last frame, begin and
/// end in recording time, s, mean confidence. The columns that `flashcell learn --actions` reads are among them, so
/// that a person can correct the file and learn from it. Throws Error(Fault::input) when it cannot write.
std::unique_ptr<Sink> make_action_sink(std::filesystem::path path);

}  // namespace flashcell::host
