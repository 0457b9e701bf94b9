#pragma once
#include <span>

#include "tracking/motion.hpp"

namespace flashcell::tracking {

/// Corrects tracks in one blob by the blob's box: nobody sticks out of it, and each of its sides is the side of the
/// member that is farthest there. `explained`: there is nothing else in the blob, so whoever is far from the side that
/// must be its own has not gone where its motion led it. Such a one goes on with the others: it bounces off a wall when
/// they do, and else stays with them.
void correct_by_sides(std::span<Track* const> members, const Box& blob, bool explained, const Motion& motion);

/// The same for one of them, of whom nothing else is known than that it is in there.
void keep_inside(std::span<Track* const> members, size_t which, const Box& blob, const Motion& motion);

}  // namespace flashcell::tracking
