#include "host/app/marked_objects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "host/app/progress.hpp"
#include "tracking/tracker.hpp"

namespace flashcell::app {
namespace {

constexpr double kReach = 5;  // px between a mark and the box of the object it means

double distance_to_box(const contract::ObjectRecord& object, double x, double y) {
  const double dx = std::max({object.left - x, x - object.right, 0.0}),
               dy = std::max({object.top - y, y - object.bottom, 0.0});
  return std::hypot(dx, dy);
}

/// The object that a mark means: the one whose box is nearest, of several the one with the nearest centre; null when
/// none is within reach.
const contract::ObjectRecord* object_at(const ObjectTable& table, const Mark& mark) {
  const contract::ObjectRecord* best = nullptr;
  double best_box = kReach, best_centre = 0;
  for (const contract::ObjectRecord& object : table.objects) {
    const double box = distance_to_box(object, mark.x, mark.y);
    const double centre = std::hypot(mark.x - static_cast<double>(object.m10) / object.m00,
                                     mark.y - static_cast<double>(object.m01) / object.m00);
    if (box < best_box || (best != nullptr && box == best_box && centre < best_centre)) {
      best = &object;
      best_box = box;
      best_centre = centre;
    }
  }
  return best;
}

/// Follows what the frames show, to say which marks are of one object.
class MarkedTracks {
 public:
  MarkedTracks(const host::Config& config, double fps, const tracking::MeasureParameters& measure)
      : tracker_(host::tracker_parameters(config, fps), fps), fps_(fps), measure_(measure) {}

  void add_mark(int64_t frame, size_t object) {
    const Seen seen{frame, static_cast<int32_t>(object)};
    marks_.push_back(seen);
    tracks_.emplace(seen, 0);
  }

  void follow(int64_t frame, const ObjectTable& table) {
    detections_.clear();
    for (size_t i = 0; i < table.objects.size(); ++i)
      detections_.push_back(tracking::make_detection(table.objects[i], table.features_of(i), measure_));
    for (const auto rows :
         {tracker_.update(frame, static_cast<double>(frame) / fps_, detections_), tracker_.backfill()}) {
      for (const tracking::TrackRow& row : rows) {
        const auto seen = tracks_.find({row.frame, row.detection});
        // A blob of several is whatever was there first.
        if (seen != tracks_.end() && (seen->second == 0 || row.id < seen->second)) seen->second = row.id;
      }
    }
  }

  /// Of each mark, in their order; what nothing followed is an object of its own.
  std::vector<int> objects() const {
    std::vector<int> objects;
    for (const Seen& mark : marks_) {
      const uint32_t track = tracks_.at(mark);
      objects.push_back(track > 0 ? static_cast<int>(track) : -static_cast<int>(objects.size()) - 1);
    }
    return objects;
  }

 private:
  using Seen = std::pair<int64_t, int32_t>;  ///< frame, detection

  tracking::Tracker tracker_;
  double fps_;
  tracking::MeasureParameters measure_;
  std::vector<tracking::Detection> detections_;
  std::vector<Seen> marks_;
  std::map<Seen, uint32_t> tracks_;
};

}  // namespace

std::vector<int> find_marked_objects(const std::string& file, const Marks& marks, host::Recording& recording,
                                     const host::Config& config, const MarkedObject& use) {
  const SourceInfo& info = recording.source->info();
  const host::DevicePlan plan = host::plan_device(config, info);
  const auto device = host::make_device(plan);
  MarkedTracks tracks(config, recording.fps, {plan.label.features});
  Frame frame;
  ObjectTable table;
  Progress progress("looking up marks", marks.marks.back().frame + 1);
  size_t next = 0;
  while (next < marks.marks.size() && recording.source->next(frame)) {
    device->process(frame, table);
    progress.update(frame.number + 1);
    for (; next < marks.marks.size() && marks.marks[next].frame <= frame.number; ++next) {
      const Mark& mark = marks.marks[next];
      const contract::ObjectRecord* found = mark.frame == frame.number ? object_at(table, mark) : nullptr;
      if (found == nullptr) {
        throw Error(
            Fault::input,
            fmt::format(
                "{}:{}: no object within {:g} px of ({:.1f}, {:.1f}) in frame {}; `flashcell tune` shows what is found",
                file, mark.line, kReach, mark.x, mark.y, mark.frame));
      }
      const auto object = static_cast<size_t>(found - table.objects.data());
      tracks.add_mark(frame.number, object);
      use(frame, table, object, mark.class_index);
    }
    tracks.follow(frame.number, table);
  }
  if (next < marks.marks.size()) {
    throw Error(Fault::input, fmt::format("{}:{}: frame {} is beyond the recording's end", file, marks.marks[next].line,
                                          marks.marks[next].frame));
  }
  return tracks.objects();
}

}  // namespace flashcell::app
