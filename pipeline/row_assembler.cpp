#include "pipeline/row_assembler.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace flashcell {

RowAssembler::RowAssembler(int64_t window, uint8_t features, WorldMap world,
                           std::shared_ptr<const tracking::RegionMap> regions, ActionNamer* actions)
    : window_(std::max<int64_t>(0, window)),
      has_intensity_((features & contract::kFeatureIntensity) != 0),
      world_(std::move(world)),
      regions_(std::move(regions)),
      actions_(actions) {}

AssembledRow RowAssembler::make_row(const HeldFrame& frame, const tracking::TrackRow& row) const {
  AssembledRow out{
      row, frame.time_s, frame.device_time_ns, frame.host_time_ns, std::nullopt, world_values(world_, row)};
  if (regions_) out.region = regions_->at(row.x, row.y);
  if (row.detection >= 0 && static_cast<size_t>(row.detection) < frame.mean_greys.size()) {
    out.mean_grey = frame.mean_greys[static_cast<size_t>(row.detection)];
  }
  return out;
}

void RowAssembler::keep_looks(const ObjectTable& table, std::vector<tracking::ActionLook>& looks) {
  looks.clear();
  for (size_t i = 0; i < table.detections.size(); ++i) {
    const EventCount events = i < table.events.size() ? table.events[i] : EventCount();
    looks.push_back(tracking::make_action_look(table.detections[i], events.on, events.off));
  }
}

void RowAssembler::hold(const FrameResult& result) {
  HeldFrame frame;
  if (!spare_.empty()) {
    frame = std::move(spare_.back());
    spare_.pop_back();
  }
  frame.number = result.frame->number;
  frame.time_s = result.time_s;
  frame.device_time_ns = result.frame->device_time_ns;
  frame.host_time_ns = result.frame->arrival_ns;
  frame.mean_greys.clear();
  if (has_intensity_) {
    for (const tracking::Detection& d : result.table->detections) frame.mean_greys.push_back(d.mean_grey);
  }
  if (actions_ != nullptr) keep_looks(*result.table, frame.looks);
  frame.rows.clear();
  for (const tracking::TrackRow& row : result.rows) frame.rows.push_back(make_row(frame, row));
  const auto before = [](const AssembledRow& a, const AssembledRow& b) { return a.row.id < b.row.id; };
  if (!std::is_sorted(frame.rows.begin(), frame.rows.end(), before))
    std::sort(frame.rows.begin(), frame.rows.end(), before);
  held_.push_back(std::move(frame));
}

void RowAssembler::insert(const tracking::TrackRow& row) {
  const auto at = std::lower_bound(held_.begin(), held_.end(), row.frame,
                                   [](const HeldFrame& f, int64_t number) { return f.number < number; });
  if (at == held_.end() || at->number != row.frame) {
    ++late_rows_;
    return;
  }
  const auto place = std::lower_bound(at->rows.begin(), at->rows.end(), row.id,
                                      [](const AssembledRow& r, uint32_t id) { return r.row.id < id; });
  if (place != at->rows.end() && place->row.id == row.id) {
    *place = make_row(*at, row);
  } else {
    at->rows.insert(place, make_row(*at, row));
  }
}

void RowAssembler::release_before(int64_t end) {
  ready_.clear();
  size_t released = 0;
  for (; released < held_.size() && held_[released].number < end; ++released) {
    const std::vector<AssembledRow>& rows = held_[released].rows;
    if (actions_ != nullptr)
      actions_->take(rows, held_[released].looks, ready_);
    else
      ready_.insert(ready_.end(), rows.begin(), rows.end());
    spare_.push_back(std::move(held_[released]));
  }
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(released));
}

std::span<const AssembledRow> RowAssembler::add(const FrameResult& result) {
  hold(result);
  if (window_ > 0) {
    amend(result.backfill);
  } else {
    late_rows_ += result.backfill.size();
  }
  release_before(result.frame->number - window_ + 1);
  released_ += ready_.size();
  return ready_;
}

void RowAssembler::amend(std::span<const tracking::TrackRow> rows) {
  for (const tracking::TrackRow& row : rows) insert(row);
}

std::span<const AssembledRow> RowAssembler::flush() {
  release_before(std::numeric_limits<int64_t>::max());
  if (actions_ != nullptr) actions_->finish(ready_);
  released_ += ready_.size();
  return ready_;
}

}  // namespace flashcell
