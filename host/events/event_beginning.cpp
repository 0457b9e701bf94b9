#include "host/events/event_beginning.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

#include "base/error.hpp"
#include "pipeline/cells.hpp"

namespace flashcell {
namespace {

constexpr size_t kPart = 4096;                // events read at a time
constexpr uint64_t kMostEvents = 50'000'000;  // looked at
constexpr uint32_t kFewestOfHot = 10;         // events

/// Events of each pixel, with a border around the picture that stays 0.
class Counts {
 public:
  Counts(int width, int height) : width_(width), height_(height), stride_(static_cast<size_t>(width) + 2) {
    counts_.resize(stride_ * (static_cast<size_t>(height) + 2));
  }

  void add(const Event& e) {
    if (e.x < width_ && e.y < height_) ++counts_[index(e.x, e.y)];
  }

  uint32_t of(int x, int y) const { return counts_[index(x, y)]; }
  uint64_t around(int x, int y) const {
    uint64_t sum = 0;
    for (int dy = -1; dy <= 1; ++dy) {
      for (int dx = -1; dx <= 1; ++dx) sum += counts_[index(x + dx, y + dy)];
    }
    return sum - of(x, y);
  }
  uint32_t median_of_active() const {
    std::vector<uint32_t> active;
    std::copy_if(counts_.begin(), counts_.end(), std::back_inserter(active), [](uint32_t n) { return n > 0; });
    if (active.empty()) return 0;
    const auto middle = active.begin() + static_cast<ptrdiff_t>(active.size() / 2);
    std::nth_element(active.begin(), middle, active.end());
    return *middle;
  }

 private:
  size_t index(int x, int y) const { return static_cast<size_t>(y + 1) * stride_ + static_cast<size_t>(x + 1); }

  int width_, height_;
  size_t stride_;
  std::vector<uint32_t> counts_;
};

void find_hot(const Counts& counts, double factor, int width, int height, EventBeginning& beginning) {
  beginning.hot_cells.assign(cell_count(width, height), 0);
  const double least = std::max<double>(kFewestOfHot, factor * counts.median_of_active());
  const size_t columns = static_cast<size_t>(contract::cells_for(width));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double count = counts.of(x, y);
      if (count < least || count <= factor * static_cast<double>(counts.around(x, y)) / 8) continue;
      beginning.hot_cells[cell_of(x, y, columns)] |= uint64_t{1} << bit_in_cell(x, y);
      ++beginning.hot_pixels;
    }
  }
}

}  // namespace

EventBeginning look_at_beginning(EventReader& reader, const EventParameters& parameters, int width, int height,
                                 const std::string& name) {
  std::vector<Event> part(kPart);
  Counts counts(width, height);
  uint64_t seen = 0;
  int64_t first_us = 0, last_us = std::numeric_limits<int64_t>::min();
  try {
    for (bool more = true; more && seen < kMostEvents;) {
      const size_t count = reader.read(part);
      more = count > 0;
      for (size_t i = 0; i < count && more; ++i) {
        if (seen == 0) first_us = part[i].time_us;
        // Far apart, differences may not be numbers; times that run back are no help here.
        const auto past = static_cast<uint64_t>(part[i].time_us) - static_cast<uint64_t>(first_us);
        more = part[i].time_us < first_us || past < static_cast<uint64_t>(std::max<int64_t>(1, parameters.hot_us));
        if (!more) break;
        last_us = std::max(last_us, part[i].time_us);
        counts.add(part[i]);
        ++seen;
      }
    }
  } catch (const Error&) {
    if (seen == 0) throw;  // else the run itself comes to it, after the events
  }
  if (seen == 0) throw Error(Fault::input, name + ": holds no event");
  EventBeginning beginning;
  const auto length = static_cast<uint64_t>(last_us) - static_cast<uint64_t>(first_us);
  if (last_us > first_us) beginning.events_per_s = 1e6 * static_cast<double>(seen) / static_cast<double>(length);
  if (parameters.hot_pixels > 0) find_hot(counts, parameters.hot_pixels, width, height, beginning);
  return beginning;
}

}  // namespace flashcell
