#include "host/label/finish.hpp"

#include <algorithm>

namespace flashcell::host {

Finisher::Finisher(const contract::LabelParameters& parameters, uint32_t max_objects, uint32_t max_row)
    : parameters_(parameters),
      geometry_(hwy::AllocateAligned<Geometry>(max_objects)),
      candidates_(hwy::AllocateAligned<Candidate>(max_objects + 1)),
      waiting_(hwy::AllocateAligned<Candidate>(max_row + 1)),
      record_of_(hwy::AllocateAligned<uint32_t>(max_objects)) {}

void Finisher::append(uint32_t objects, int strip_shift, uint32_t colour_class, ObjectTable& table) {
  const uint32_t passed = list_candidates(objects, strip_shift, table.summary);
  const size_t kept = select_objects({candidates_.get(), passed}, parameters_.max_objects, table);
  if (parameters_.features != 0) std::fill_n(record_of_.get(), objects, kNoRecord);
  // A few at a time, while the cache still holds the zeros that append_records() wrote.
  constexpr size_t kBatch = 64;
  for (size_t begin = 0; begin < kept; begin += kBatch) {
    const size_t count = std::min(kBatch, kept - begin);
    const uint32_t first = static_cast<uint32_t>(table.objects.size());
    contract::ObjectRecord* records = append_records(table, count, colour_class);
    for (size_t i = 0; i < count; ++i) {
      const uint32_t object = candidates_[begin + i].index;
      write_geometry(geometry_[object], records[i]);
      if (parameters_.features != 0) record_of_[object] = first + static_cast<uint32_t>(i);
    }
  }
}

uint32_t Finisher::list_candidates(uint32_t objects, int strip_shift, contract::FrameSummary& summary) {
  // A strip's objects that start in its upper row go before those that start further down; then nearly all are sorted.
  Candidate* listed = candidates_.get();
  const uint32_t below_first = (1u << strip_shift) - 1;
  uint32_t waiting = 0, strip = 0, filtered = 0;
  for (uint32_t i = 0; i < objects; ++i) {
    const Geometry& g = geometry_[i];
    const uint32_t top = top_of(g);
    if ((top >> strip_shift) != strip) {
      listed = std::copy_n(waiting_.get(), waiting, listed);
      waiting = 0;
      strip = top >> strip_shift;
    }
    const uint32_t first = static_cast<uint32_t>(g.first_pixel), bottom = bottom_of(g);
    const uint32_t passes = passes_filter(parameters_, static_cast<uint32_t>(g.m00)) ? 1 : 0;
    const uint32_t lower = std::min(top & below_first, 1u);
    // Written to both places and counted by arithmetic: no branch could be predicted.
    *listed = {first, i, bottom};
    waiting_[waiting] = {first, i, bottom};
    listed += passes & ~lower;
    waiting += passes & lower;
    filtered += 1 - passes;
  }
  listed = std::copy_n(waiting_.get(), waiting, listed);
  summary.filtered += filtered;
  return static_cast<uint32_t>(listed - candidates_.get());
}

}  // namespace flashcell::host
