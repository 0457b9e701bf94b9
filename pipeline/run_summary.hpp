#pragma once
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/bounded_series.hpp"
#include "pipeline/latency_histogram.hpp"
#include "pipeline/unfamiliar.hpp"
#include "tracking/object_count.hpp"

namespace flashcell {

/// Frames that were not processed, for one reason.
struct DropCount {
  std::string cause;  ///< e.g. "input queue full", "gap in the recording"
  uint64_t frames = 0;
};

/// How long one stage takes for a frame.
struct StageTiming {
  std::string name;          ///< e.g. "segment", "track", "frame to result"
  LatencyHistogram latency;  ///< ns
  BoundedSeries over_time;   ///< ns by frame number; may stay empty

  explicit StageTiming(std::string stage) : name(std::move(stage)) {}
  void record(int64_t frame, int64_t latency_ns) {
    latency.record(latency_ns);
    over_time.add(frame, static_cast<double>(latency_ns));
  }
};

/// What tracks are made of. Seen is a row that is not predicted.
struct TrackLives {
  static constexpr uint64_t kFew = 5;  ///< sightings: an object is hardly ever there for less

  uint64_t few = 0;  ///< the same, or a quarter of the frames where the recording is shorter than that
  /// Tracks seen fewer times than `few`, or in less than half of the frames from their first sighting to their last,
  /// that neither come from the picture's edge nor go there: noise, or pieces of a track.
  uint64_t doubtful = 0;
  uint64_t rows_seen = 0, rows_merged = 0;
};

enum class RunEnd : uint8_t { complete, interrupted, failed };

/// What a run was, counted. The pipeline fills it while it runs and completes it before it calls the sinks' finish().
struct RunSummary {
  static constexpr const char* kWriteStage = "write";

  uint64_t frames = 0;                        ///< processed
  std::vector<DropCount> dropped;             ///< by cause
  uint64_t rows = 0;                          ///< track rows that the sinks got
  uint64_t tracks = 0;                        ///< confirmed
  uint64_t rows_left_out = 0;                 ///< of tracks that are none of the objects of which the number is known
  TrackLives lives;                           ///< of the tracks
  std::vector<int> track_classes;             ///< last class_id of each track by id - 1; empty where nothing is named
  uint64_t objects = 0;                       ///< over all frames
  uint64_t objects_min = 0, objects_max = 0;  ///< in a frame
  uint64_t objects_lost = 0;                  ///< did not fit into the object table
  uint64_t objects_filtered = 0;              ///< outside min_area..max_area
  tracking::ObjectCount count;                ///< of objects, as it was told
  uint64_t frames_count_met = 0;              ///< frames in which so many were followed
  tracking::NamedSightings named;             ///< of what was followed
  Calibration named_by;                       ///< of what named it
  double wall_s = 0;                          ///< from the first frame's arrival to the last result
  std::vector<StageTiming> stages;  ///< in the order of the pipeline; the last is frame arrival to result. Empty where
                                    ///< the run did not begin
  RunEnd end = RunEnd::complete;
  std::optional<int64_t> frames_expected;  ///< of the whole run, where the source knows
  std::string error;                       ///< one line, where it failed

  /// How it ended, for people: "complete", "interrupted, 120 of 2000 frames", "failed, 7 of 10 frames: …".
  std::string ending() const {
    if (end == RunEnd::complete) return "complete";
    std::string text = end == RunEnd::interrupted ? "interrupted, " : "failed, ";
    text += std::to_string(frames);
    if (frames_expected) text += " of " + std::to_string(*frames_expected);
    text += frames == 1 && !frames_expected ? " frame" : " frames";
    return end == RunEnd::failed ? text + ": " + error : text;
  }

  uint64_t dropped_frames() const {
    uint64_t n = 0;
    for (const DropCount& d : dropped) n += d.frames;
    return n;
  }
  /// How often the count was met, for people: "2 objects in 1480 of 1500 frames (98.7 %)". Empty where it is unknown.
  std::string count_text() const {
    if (!count.known()) return "";
    const double share = frames ? 100.0 * static_cast<double>(frames_count_met) / static_cast<double>(frames) : 0;
    char percent[16];
    std::snprintf(percent, sizeof percent, "%.1f", share);
    return tracking::to_text(count) + (count.most == 1 ? " object in " : " objects in ") +
           std::to_string(frames_count_met) + " of " + std::to_string(frames) + " frames (" + percent + " %)";
  }
  /// In more than a tenth of the frames: something is wrong with what is found.
  bool count_often_missed() const { return count.known() && 10 * frames_count_met < 9 * frames; }
  /// Nearly all: twenty for each object that was kept, and less than one in ten frames was. A camera's specks alone are
  /// no loss, however many they are.
  bool many_filtered() const { return objects_filtered > 20 * objects && 10 * objects < frames; }
  /// What was named looks otherwise than what the classifier had learned from: far more of it is strange than of its
  /// examples, and more than as many objects show by chance.
  bool looks_unfamiliar() const { return is_unfamiliar(named, named_by); }
  double objects_mean() const { return frames ? static_cast<double>(objects) / static_cast<double>(frames) : 0; }
  /// Most tracks are doubtful, and they are more than two for each object that is there at a time.
  bool many_short_tracks() const {
    return lives.doubtful >= 10 && 2 * lives.doubtful > tracks &&
           static_cast<double>(lives.doubtful) > 2 * objects_mean();
  }
  /// In more than a fifth of the sightings.
  bool often_merged() const { return lives.rows_merged >= 10 && 5 * lives.rows_merged > lives.rows_seen; }
  /// Time in which results were handed to the outputs, s: no other frame is written meanwhile.
  double write_s() const {
    for (const StageTiming& stage : stages) {
      if (stage.name == kWriteStage) return 1e-9 * stage.latency.mean() * static_cast<double>(stage.latency.count());
    }
    return 0;
  }
  double frames_per_s() const { return wall_s > 0 ? static_cast<double>(frames) / wall_s : 0; }  ///< throughput

  /// Tracks that ended up in each of `classes` classes, then those without one.
  std::vector<uint64_t> tracks_by_class(size_t classes) const {
    std::vector<uint64_t> counts(classes + 1);
    for (const int c : track_classes)
      ++counts[c >= 0 && static_cast<size_t>(c) < classes ? static_cast<size_t>(c) : classes];
    return counts;
  }

  /// Counts one frame's objects.
  void count_objects(uint64_t found, uint64_t lost, uint64_t filtered) {
    objects_min = frames == 0 || found < objects_min ? found : objects_min;
    objects_max = found > objects_max ? found : objects_max;
    objects += found;
    objects_lost += lost;
    objects_filtered += filtered;
    ++frames;
  }
};

}  // namespace flashcell
