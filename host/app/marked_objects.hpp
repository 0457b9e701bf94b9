#pragma once
#include <functional>
#include <string>
#include <vector>

#include "host/app/marks.hpp"
#include "host/device/device_factory.hpp"
#include "host/run/recording.hpp"

namespace flashcell::app {

/// Takes the object that a mark means: number `object` of the frame's.
using MarkedObject = std::function<void(const Frame& frame, const ObjectTable& table, size_t object, int class_index)>;

/// Calls `use` with the object that each mark means, in order of frames. Follows all objects meanwhile, and returns of
/// each mark, in the same order, which one it shows: marks of one track have the same number. `file` is the marks', for
/// messages. Throws Error(Fault::input) for a mark without an object or beyond the recording's end.
std::vector<int> find_marked_objects(const std::string& file, const Marks& marks, host::Recording& recording,
                                     const host::Config& config, const MarkedObject& use);

}  // namespace flashcell::app
