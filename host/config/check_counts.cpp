#include <fmt/format.h>

#include "base/error.hpp"
#include "host/config/config.hpp"

namespace flashcell::host {

void check_counts(const Config& config) {
  const tracking::ObjectCount& whole = config.track.parameters.count;
  const std::vector<SegmentRegion>& regions = config.segment.parameters.regions;
  if (!whole.known() || !counts_objects(regions)) return;
  tracking::ObjectCount sum;
  for (const RegionShape& shape : shapes_of(regions)) {
    if (!shape.include) continue;
    if (!shape.count.known()) {
      throw Error(Fault::usage,
                  fmt::format("track.count is \"{}\", and of segment.region \"{}\" no count is given, though of others "
                              "one is: give it a count, or leave track.count out",
                              tracking::to_text(whole), shape.name));
    }
    sum.least += shape.count.least;
    sum.most += shape.count.most;
  }
  if (sum == whole) return;
  throw Error(
      Fault::usage,
      fmt::format("track.count is \"{}\", and the counts of the regions are \"{}\" together: leave track.count out",
                  tracking::to_text(whole), tracking::to_text(sum)));
}

}  // namespace flashcell::host
