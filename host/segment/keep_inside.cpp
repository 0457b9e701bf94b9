#include "host/segment/keep_inside.hpp"

#include <cstddef>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/segment/keep_inside.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace flashcell::host::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

uint64_t keep(const uint64_t* region, uint64_t* mask, size_t words) {
  const hn::CappedTag<uint64_t, 8> d;
  const hn::CappedTag<uint64_t, 1> one;
  const size_t lanes = hn::Lanes(d);
  const auto take = [&](auto tag, size_t i, auto& sum) HWY_ATTR {
    const auto found = hn::LoadU(tag, mask + i), inside = hn::LoadU(tag, region + i);
    hn::StoreU(hn::And(found, inside), tag, mask + i);
    sum = hn::Add(sum, hn::PopulationCount(hn::AndNot(inside, found)));
  };
  auto sums = hn::Zero(d);
  auto rest = hn::Zero(one);
  size_t i = 0;
  for (; i + lanes <= words; i += lanes) take(d, i, sums);
  for (; i < words; ++i) take(one, i, rest);
  return hn::GetLane(hn::SumOfLanes(d, sums)) + hn::GetLane(rest);
}

}  // namespace flashcell::host::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace flashcell::host {
namespace {
HWY_EXPORT(keep);
}  // namespace

uint64_t keep_inside(const BitImage& region, BitImage& mask) {
  const size_t words = static_cast<size_t>(region.words_per_row()) * static_cast<size_t>(region.height());
  return HWY_DYNAMIC_DISPATCH(keep)(region.row(0), mask.row(0), words);
}

}  // namespace flashcell::host
#endif  // HWY_ONCE
