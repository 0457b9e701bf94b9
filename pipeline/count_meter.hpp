#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "tracking/object_count.hpp"
#include "tracking/region_map.hpp"
#include "tracking/track_row.hpp"

namespace flashcell {

/// Counts in how many frames as many objects were followed as there are said to be, in the whole picture or in each
/// region. A row counts where its object was seen, alone or in a blob with others, and not where it is only predicted.
/// Rows may come late.
class CountMeter {
 public:
  /// `reach`: frame numbers that rows come late at most.
  CountMeter(const tracking::ObjectCount& count, int64_t reach);
  /// Of each region; one whose count is unknown is never missed.
  CountMeter(std::shared_ptr<const tracking::RegionMap> regions, int64_t reach);

  /// Frame numbers rise. Allocates nothing.
  void add(int64_t frame, std::span<const tracking::TrackRow> rows, std::span<const tracking::TrackRow> late);

  /// Frames of all added so far in which every count was met.
  uint64_t met() const { return totals().all; }
  /// The same of each count alone: of each region, or of the whole picture.
  std::vector<uint64_t> each_met() const { return totals().each; }

 private:
  struct Totals {
    uint64_t all = 0;
    std::vector<uint64_t> each;
  };
  CountMeter(std::vector<tracking::ObjectCount> counts, std::shared_ptr<const tracking::RegionMap> regions,
             int64_t reach);
  size_t slot_of(int64_t frame) const { return static_cast<size_t>(frame) % frames_.size(); }
  std::span<int32_t> objects_in(size_t slot) {
    return std::span(objects_).subspan(slot * counts_.size(), counts_.size());
  }
  void take(const tracking::TrackRow& row);
  void close(size_t slot, Totals& totals) const;
  Totals totals() const;

  std::vector<tracking::ObjectCount> counts_;
  std::shared_ptr<const tracking::RegionMap> regions_;  ///< null: the whole picture
  std::vector<int64_t> frames_;                         ///< of each slot: one that rows may still come for, or -1
  std::vector<int32_t> objects_;                        ///< of each slot, by count
  Totals closed_;                                       ///< of the frames that are final
};

}  // namespace flashcell
