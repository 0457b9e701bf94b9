#pragma once
#include <span>
#include <string>

#include "pipeline/event.hpp"

namespace flashcell {

/// Throws Error(Fault::input), naming the file, unless every event lies on a sensor of `width` x `height` pixels and no
/// time is before the one before it, the first not before `time_us`.
void check_events(const std::string& name, std::span<const Event> events, int width, int height, int64_t time_us);

}  // namespace flashcell
