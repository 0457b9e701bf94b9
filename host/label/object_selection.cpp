#include "host/label/object_selection.hpp"

#include <algorithm>

namespace flashcell::host {
namespace {

constexpr int kMaxCellRows = contract::cells_for(contract::kMaxFrameSide);

// Moves the `room` candidates to the front that are complete first: in the order in which a labeller that sees one row
// of cells at a time finds objects complete. Both groups stay sorted by first_pixel.
void keep_complete_first(std::span<Candidate> candidates, size_t room) {
  uint32_t ending[kMaxCellRows] = {};
  for (const Candidate& c : candidates) ++ending[c.bottom / contract::kCellSide];
  uint32_t last_row = 0;
  size_t before = 0;  // candidates that end in a row of cells above last_row
  while (before + ending[last_row] < room) before += ending[last_row++];
  size_t left_in_last_row = room - before, kept = 0;
  for (const Candidate& c : candidates) {
    const uint32_t row = c.bottom / contract::kCellSide;
    const bool stays = row < last_row || (row == last_row && left_in_last_row > 0);
    if (!stays) continue;
    if (row == last_row) --left_in_last_row;
    candidates[kept++] = c;
  }
}

}  // namespace

void sort_by_first_pixel(std::span<Candidate> candidates) {
  const auto before = [](const Candidate& a, const Candidate& b) { return a.first_pixel < b.first_pixel; };
  size_t moves = 0;
  for (size_t i = 1; i < candidates.size(); ++i) {
    const Candidate c = candidates[i];
    size_t at = i;
    for (; at > 0 && before(c, candidates[at - 1]); --at) candidates[at] = candidates[at - 1];
    candidates[at] = c;
    moves += i - at;
    if (moves > 16 * candidates.size()) {  // not nearly in order after all
      std::sort(candidates.begin(), candidates.end(), before);
      return;
    }
  }
}

size_t select_objects(std::span<Candidate> candidates, uint32_t max_objects, ObjectTable& table) {
  sort_by_first_pixel(candidates);
  const size_t taken = table.objects.size();
  const size_t room = max_objects > taken ? max_objects - taken : 0;
  if (candidates.size() <= room) return candidates.size();
  table.summary.lost += static_cast<uint32_t>(candidates.size() - room);
  if (room > 0) keep_complete_first(candidates, room);
  return room;
}

void append_objects(std::span<const Candidate> kept, std::span<const contract::ObjectRecord> objects,
                    std::span<const contract::ObjectFeatures> features, ObjectTable& table) {
  for (const Candidate& c : kept) table.objects.push_back(objects[c.index]);
  if (!features.empty()) {
    for (const Candidate& c : kept) table.features.push_back(features[c.index]);
  }
  table.summary.objects += static_cast<uint32_t>(kept.size());
}

}  // namespace flashcell::host
