#pragma once
#include <optional>

#include "base/reliability.hpp"
#include "host/eval/mot_text.hpp"

namespace flashcell::host {

/// Whether the tracks' names are right as often as their confidence says: of every named row whose box shares at least
/// half with a true object's in its frame, up to frame `frames`. Nothing where one of the lists has no classes, or no
/// row is named.
std::optional<Reliability> class_reliability(const ObjectList& truth, const ObjectList& tracks, int64_t frames);

}  // namespace flashcell::host
