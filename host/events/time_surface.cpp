#include "host/events/time_surface.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace flashcell {

std::vector<float> time_surface(std::span<const Event> events, int64_t at_us, double tau_us, int width, int height) {
  if (width < 1 || height < 1) throw std::invalid_argument("a time surface needs a width and a height of 1 or more");
  if (!(tau_us > 0)) throw std::invalid_argument("a time surface's tau must be above 0");
  constexpr int64_t kNever = std::numeric_limits<int64_t>::min();
  const auto columns = static_cast<size_t>(width), plane = columns * static_cast<size_t>(height);
  std::vector<int64_t> last_us(2 * plane, kNever);
  for (const Event& e : events) {
    if (e.time_us > at_us || e.x >= columns || e.y >= static_cast<size_t>(height)) continue;
    int64_t& last = last_us[(e.on ? plane : 0) + e.y * columns + e.x];
    last = std::max(last, e.time_us);
  }
  std::vector<float> surface(2 * plane);
  for (size_t i = 0; i < surface.size(); ++i) {
    if (last_us[i] == kNever) continue;
    const double age_us = static_cast<double>(at_us) - static_cast<double>(last_us[i]);
    surface[i] = static_cast<float>(std::exp(-age_us / tau_us));
  }
  return surface;
}

}  // namespace flashcell
