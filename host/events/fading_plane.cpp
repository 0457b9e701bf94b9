#include "host/events/fading_plane.hpp"

#include <bit>

namespace flashcell {

// Of the events that wait, at most one a place is its last: with twice the places, half of the ring can be made free.
FadingPlane::FadingPlane(size_t cells) : cells_(cells), last_key_(64 * cells), ring_(std::bit_ceil(2 * 64 * cells)) {}

void FadingPlane::fade(uint32_t oldest) {
  const size_t mask = ring_.size() - 1;
  for (; count_ > 0; --count_) {
    const Entry& entry = ring_[first_ & mask];
    if (static_cast<int32_t>(entry.key - oldest) >= 0) return;
    if (last_key_[entry.place] == entry.key) cells_[entry.place >> 6] &= ~(uint64_t{1} << (entry.place & 63));
    ++first_;
  }
}

void FadingPlane::make_room() {
  const size_t mask = ring_.size() - 1, count = count_;
  // Of several with the same key only one has to stay; they follow one another nearly always.
  count_ = 0;
  for (size_t i = 0; i < count; ++i) {
    const Entry entry = ring_[(first_ + i) & mask];
    if (last_key_[entry.place] != entry.key) continue;
    // Marked until all were looked at, so that it is kept once.
    last_key_[entry.place] = entry.key + 1;
    ring_[(first_ + count_++) & mask] = entry;
  }
  for (size_t i = 0; i < count_; ++i) {
    const Entry& entry = ring_[(first_ + i) & mask];
    last_key_[entry.place] = entry.key;
  }
}

}  // namespace flashcell
