#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/event.hpp"

namespace flashcell {

/// How long ago each pixel's last event was, as a tensor of 2 x height x width, off events first, on events second: at
/// the time `at_us` a pixel is exp(-(at - t) / tau), t its last event of that polarity up to then, and 0 without one
/// (Lagorce et al. 2017, "HOTS", equation 2). Events after `at_us` or outside of the picture count for nothing; those
/// of one pixel may come in any order. Throws std::invalid_argument for a picture without pixels or a tau_us that is
/// not above 0.
std::vector<float> time_surface(std::span<const Event> events, int64_t at_us, double tau_us, int width, int height);

}  // namespace flashcell
