#include "host/label/object_selection.hpp"

#include <algorithm>

namespace flashcell::host {
namespace {

bool first_before(const Candidate& a, const Candidate& b) {
  return a.first_pixel < b.first_pixel;
}

// The order in which a labeller that sees one row of cells at a time knows objects to be complete.
bool complete_before(const Candidate& a, const Candidate& b) {
  const uint32_t cell_row_a = a.bottom / contract::kCellSide, cell_row_b = b.bottom / contract::kCellSide;
  return cell_row_a != cell_row_b ? cell_row_a < cell_row_b : a.first_pixel < b.first_pixel;
}

}  // namespace

size_t select_objects(std::span<Candidate> candidates, uint32_t max_objects, ObjectTable& table) {
  const size_t taken = table.objects.size();
  const size_t room = max_objects > taken ? max_objects - taken : 0;
  const size_t kept = std::min(candidates.size(), room);
  if (kept < candidates.size()) {
    std::nth_element(candidates.begin(), candidates.begin() + static_cast<ptrdiff_t>(kept), candidates.end(),
                     complete_before);
    table.summary.lost += static_cast<uint32_t>(candidates.size() - kept);
  }
  const auto end = candidates.begin() + static_cast<ptrdiff_t>(kept);
  // Labellers find objects nearly in order already.
  if (!std::is_sorted(candidates.begin(), end, first_before)) std::sort(candidates.begin(), end, first_before);
  return kept;
}

}  // namespace flashcell::host
