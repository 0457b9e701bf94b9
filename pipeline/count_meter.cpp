#include "pipeline/count_meter.hpp"

#include <algorithm>
#include <utility>

namespace flashcell {
namespace {

constexpr int64_t kMostSlots = 1 << 20, kMostNumbers = 1 << 24;  // late rows of longer ago are not counted

std::vector<tracking::ObjectCount> counts_of(const tracking::RegionMap& regions) {
  std::vector<tracking::ObjectCount> counts;
  counts.reserve(regions.regions().size());
  for (const tracking::NamedRegion& region : regions.regions()) counts.push_back(region.count);
  return counts;
}

}  // namespace

CountMeter::CountMeter(const tracking::ObjectCount& count, int64_t reach)
    : CountMeter(std::vector{count}, nullptr, reach) {}

CountMeter::CountMeter(std::shared_ptr<const tracking::RegionMap> regions, int64_t reach)
    : CountMeter(counts_of(*regions), regions, reach) {}

CountMeter::CountMeter(std::vector<tracking::ObjectCount> counts, std::shared_ptr<const tracking::RegionMap> regions,
                       int64_t reach)
    : counts_(std::move(counts)), regions_(std::move(regions)) {
  const int64_t most = std::min(kMostSlots, kMostNumbers / std::max<int64_t>(1, static_cast<int64_t>(counts_.size())));
  frames_.assign(static_cast<size_t>(std::clamp<int64_t>(reach, 0, most)) + 1, -1);
  objects_.assign(frames_.size() * counts_.size(), 0);
  closed_.each.assign(counts_.size(), 0);
}

void CountMeter::add(int64_t frame, std::span<const tracking::TrackRow> rows,
                     std::span<const tracking::TrackRow> late) {
  const size_t slot = slot_of(frame);
  close(slot, closed_);
  frames_[slot] = frame;
  std::ranges::fill(objects_in(slot), 0);
  for (const tracking::TrackRow& row : rows) take(row);
  for (const tracking::TrackRow& row : late) take(row);
}

void CountMeter::take(const tracking::TrackRow& row) {
  const size_t slot = slot_of(row.frame);
  if (frames_[slot] != row.frame || row.state == tracking::TrackState::predicted) return;
  const int count = regions_ ? regions_->at(row.x, row.y) : 0;
  if (count != tracking::RegionMap::kNone) ++objects_in(slot)[static_cast<size_t>(count)];
}

void CountMeter::close(size_t slot, Totals& totals) const {
  if (frames_[slot] < 0) return;
  bool all = true;
  for (size_t i = 0; i < counts_.size(); ++i) {
    const bool met = counts_[i].met_by(objects_[slot * counts_.size() + i]);
    totals.each[i] += met ? 1 : 0;
    all = all && met;
  }
  totals.all += all ? 1 : 0;
}

CountMeter::Totals CountMeter::totals() const {
  Totals sum = closed_;
  for (size_t slot = 0; slot < frames_.size(); ++slot) close(slot, sum);
  return sum;
}

}  // namespace flashcell
