#include "pipeline/left_out.hpp"

#include <algorithm>
#include <bit>

namespace flashcell {
namespace {

// Chosen on real and drawn recordings (tests/host/run/segmentation_choice_test.cpp). With limits that a person accepts,
// what is left out in most frames has at most 0.47 of the area of what is kept, or at least 6.8 times as much. Limits
// that take some of the subjects away leave out what has 0.67 or more, 2.5 times or less; those that take them all
// leave nothing, or specks.
constexpr double kLike = 0.6;        // of what is kept: as large, and left out only by a wrong limit
constexpr double kLarger = 4;        // of what is kept: larger, but still of its kind
constexpr uint32_t kSpeck = 10;      // px: where that is what is kept, subjects are elsewhere
constexpr uint32_t kMostTimes = 4;   // where hardly anything is kept, it may be so much larger than subjects left out,
constexpr uint32_t kManyTimes = 16;  // and so much smaller
constexpr uint64_t kFarFewer = 8;    // of those above max_area

constexpr double kAnyArea = 1e18;

}  // namespace

int AreaHistogram::bin_of(uint32_t area) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(area)) - 5);
  return 16 * shift + static_cast<int>(area >> shift);
}

uint32_t AreaHistogram::least_of(int bin) {
  return bin < 32 ? static_cast<uint32_t>(bin) : (16u + static_cast<uint32_t>(bin) % 16) << (bin / 16 - 1);
}

uint64_t AreaHistogram::between(double low, double high) const {
  uint64_t n = 0;
  for (int bin = 0; bin < kBins; ++bin) {
    const double area = least_of(bin);
    if (area >= low && area <= high) n += bins_[static_cast<size_t>(bin)];
  }
  return n;
}

uint32_t AreaHistogram::quantile(double share) const {
  const double wanted = share * static_cast<double>(count_);
  double seen = 0;
  for (int bin = 0; bin < kBins; ++bin) {
    const uint64_t here = bins_[static_cast<size_t>(bin)];
    seen += static_cast<double>(here);
    if (here > 0 && seen >= wanted) return least_of(bin);
  }
  return 0;
}

void LeftOut::add(const contract::FrameSummary& found, std::span<const contract::ObjectRecord> kept) {
  ++frames_;
  frames_kept_ += found.objects > 0 ? 1 : 0;
  for (const contract::ObjectRecord& object : kept) kept_.add(object.m00);
  if (found.too_small > 0) below_.add(found.largest_too_small);
  objects_above_ += found.too_large;
  if (found.too_large > 0) above_.add(found.smallest_too_large);
}

bool LeftOut::subjects_below() const {
  const uint32_t kept = area_kept();
  if (hardly_any_kept()) return in_most_frames(below_.count()) && uint64_t{kMostTimes} * area_below() >= kept;
  return in_most_frames(below_.between(kLike * kept, kAnyArea));
}

bool LeftOut::subjects_above() const {
  const uint32_t kept = area_kept();
  if (hardly_any_kept())
    return in_most_frames(above_.count()) && (kept == 0 || area_above() <= uint64_t{kManyTimes} * kept);
  return in_most_frames(kept < kSpeck ? above_.count() : above_.between(0, kLarger * kept));
}

bool LeftOut::hardly_any_kept() const {
  return 4 * frames_kept_ < frames_ || kFarFewer * kept_.count() < objects_above_;
}

double LeftOut::frames_kept() const {
  return share(frames_kept_);
}
double LeftOut::frames_below() const {
  return share(below_.count());
}
double LeftOut::frames_above() const {
  return share(above_.count());
}

uint32_t LeftOut::area_kept() const {
  return kept_.quantile(0.5);
}
uint32_t LeftOut::area_below() const {
  return below_.quantile(0.5);
}
uint32_t LeftOut::area_above() const {
  return above_.quantile(0.5);
}

}  // namespace flashcell
