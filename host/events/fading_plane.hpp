#pragma once
#include <cstdint>
#include <vector>

namespace flashcell {

/// Cells (Frame::cells) whose bits are set by events and go out when their last event is too old. Ages are differences
/// of keys, which rise: times, or numbers of events. An event costs the same however long it stays.
class FadingPlane {
 public:
  explicit FadingPlane(size_t cells);

  const std::vector<uint64_t>& cells() const { return cells_; }

  /// Sets bit `place` % 64 of cell `place` / 64.
  void set(uint32_t place, uint32_t key) {
    cells_[place >> 6] |= uint64_t{1} << (place & 63);
    last_key_[place] = key;
    if (count_ == ring_.size()) make_room();
    ring_[(first_ + count_++) & (ring_.size() - 1)] = {key, place};
  }

  /// Puts out what has its last event before `oldest`. Keys of events that are there lie less than 2^31 apart.
  void fade(uint32_t oldest);

 private:
  struct Entry {
    uint32_t key, place;
  };

  void make_room();

  std::vector<uint64_t> cells_;
  std::vector<uint32_t> last_key_;  // of each place's last event, where its bit is set
  std::vector<Entry> ring_;         // events in their order; a power of two
  size_t first_ = 0, count_ = 0;
};

}  // namespace flashcell
