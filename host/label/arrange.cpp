#include "host/label/arrange.hpp"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/label/arrange.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

// Objects are numbered by their first run, so those that start in one strip are side by side. Of those the ones that
// start in the strip's upper row go before the others; then nearly all are in order of first pixel.
HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using contract::ObjectRecord;
// Bytes, as which any type may be read.
using Bytes = hn::CappedTag<uint8_t, 64>;

// What a measured record's words are ANDed, then XORed with to be the contract's.
struct Finish {
  alignas(64) uint64_t keep[8], flip[8];

  explicit Finish(const Arrangement& how) {
    std::fill_n(keep, 8, ~uint64_t{0});
    std::fill_n(flip, 8, uint64_t{0});
    flip[6] = 0xFFFFFFFF00000000;  // right and bottom
    if (how.keep_numbers) return;
    keep[7] = 0;
    flip[7] = how.colour_class;
  }
};

HWY_INLINE void copy_record(const ObjectRecord& from, ObjectRecord& to) {
  const Bytes d;
  for (size_t i = 0; i < sizeof(ObjectRecord); i += hn::Lanes(d)) {
    hn::StoreU(hn::LoadU(d, reinterpret_cast<const uint8_t*>(&from) + i), d, reinterpret_cast<uint8_t*>(&to) + i);
  }
}

HWY_INLINE void finish_record(const ObjectRecord& from, const Finish& finish, ObjectRecord& to, ObjectRecord& also_to) {
  const Bytes d;
  for (size_t i = 0; i < sizeof(ObjectRecord); i += hn::Lanes(d)) {
    const auto part = [&](const void* start) HWY_ATTR { return hn::LoadU(d, static_cast<const uint8_t*>(start) + i); };
    const auto finished = hn::Xor(hn::And(part(&from), part(finish.keep)), part(finish.flip));
    hn::StoreU(finished, d, reinterpret_cast<uint8_t*>(&to) + i);
    hn::StoreU(finished, d, reinterpret_cast<uint8_t*>(&also_to) + i);
  }
}

// Sorts a strip's records where they are not in order yet.
HWY_INLINE void sort_strip(ObjectRecord* records, size_t count, const StripScratch& scratch) {
  bool sorted = true;
  for (size_t i = 1; i < count; ++i) sorted &= records[i - 1].first_pixel < records[i].first_pixel;
  if (HWY_LIKELY(sorted)) return;
  for (size_t i = 0; i < count; ++i) {
    copy_record(records[i], scratch.records[i]);
    scratch.candidates[i] = {records[i].first_pixel, static_cast<uint32_t>(i), records[i].bottom};
  }
  sort_by_first_pixel({scratch.candidates, count});
  for (size_t i = 0; i < count; ++i) copy_record(scratch.records[scratch.candidates[i].index], records[i]);
}

Arranged arrange(const Arrangement& how, uint32_t objects, const StripScratch& scratch, ObjectRecord* records) {
  const Finish finish(how);
  const uint32_t below_first = (1u << how.strip_shift) - 1;
  Arranged arranged;
  uint32_t done = 0;  // records in their places: never past the one that is read
  for (uint32_t i = 0; i < objects;) {
    const uint32_t strip = records[i].top >> how.strip_shift, begin = done;
    uint32_t waiting = 0;  // those that start below the strip's first row
    for (; i < objects && records[i].top >> how.strip_shift == static_cast<int>(strip); ++i) {
      const uint32_t area = records[i].m00, top = records[i].top;
      const uint32_t small = area < how.min_area ? 1 : 0, large = area > how.max_area ? 1 - small : 0;
      const uint32_t passes = 1 - small - large;
      const uint32_t lower = std::min(top & below_first, 1u);
      arranged.pixels += area;
      arranged.too_small += small;
      // Masks of all ones or none.
      arranged.largest_too_small = std::max(arranged.largest_too_small, area & (0 - small));
      arranged.smallest_too_large = std::min(arranged.smallest_too_large, area | (large - 1));
      // Written to both places and counted by arithmetic: no branch could be predicted.
      finish_record(records[i], finish, records[done], scratch.records[waiting]);
      done += passes & ~lower;
      waiting += passes & lower;
    }
    for (uint32_t k = 0; k < waiting; ++k) copy_record(scratch.records[k], records[done + k]);
    done += waiting;
    sort_strip(records + begin, done - begin, scratch);
  }
  arranged.records = done;
  return arranged;
}

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {
namespace {
HWY_EXPORT(arrange);
}  // namespace

Arranged arrange_records(const Arrangement& how, uint32_t objects, const StripScratch& scratch,
                         contract::ObjectRecord* records) {
  return HWY_DYNAMIC_DISPATCH(arrange)(how, objects, scratch, records);
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
