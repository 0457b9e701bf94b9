#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/bounded_series.hpp"
#include "pipeline/latency_histogram.hpp"
#include "pipeline/left_out.hpp"
#include "pipeline/run_warning.hpp"
#include "pipeline/source_tally.hpp"
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

/// A part of the picture of which it is known how many objects are in it.
struct RegionCount {
  std::string name;
  tracking::ObjectCount count;
  uint64_t frames_met = 0;  ///< frames in which so many were followed
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
  uint64_t objects_too_small = 0;             ///< below min_area
  uint64_t objects_too_large = 0;             ///< above max_area
  uint64_t pixels_outside = 0;                ///< foreground outside the regions
  uint64_t pixels = 0;                        ///< foreground within them
  LeftOut left_out;                           ///< whether subjects are among what the area limits left out
  tracking::ObjectCount count;                ///< of objects, as it was told
  std::vector<RegionCount> regions;           ///< instead, where it was told of these
  uint64_t frames_count_met = 0;              ///< frames in which so many were followed; in every region
  tracking::NamedSightings named;             ///< of what was followed
  Calibration named_by;                       ///< of what named it
  SourceTally source;                         ///< what the source counted
  double wall_s = 0;                          ///< from the first frame's arrival to the last result
  double whole_s = 0;                         ///< with what comes before and after; known when the outputs are whole
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
  /// It was told how many objects there are.
  bool counted() const { return count.known() || !regions.empty(); }
  /// What is counted, for people: "2 objects", "each region's count".
  std::string count_name() const { return regions.empty() ? objects_text(count) : "each region's count"; }
  /// How often the count was met, for people: "2 objects in 1480 of 1500 frames (98.7 %)", and the regions that missed
  /// theirs most. Empty where it is unknown.
  std::string count_text() const {
    if (!counted()) return "";
    const double share = frames ? 100.0 * static_cast<double>(frames_count_met) / static_cast<double>(frames) : 0;
    char percent[16];
    std::snprintf(percent, sizeof percent, "%.1f", share);
    const std::string missed = missed_regions();
    return count_name() + " in " + std::to_string(frames_count_met) + " of " + std::to_string(frames) + " frames (" +
           percent + " %)" + (missed.empty() ? "" : "; most often missed: " + missed);
  }
  /// In more than a tenth of the frames, somewhere: something is wrong with what is found.
  bool count_often_missed() const {
    const auto often = [this](uint64_t met) { return 10 * met < 9 * frames; };
    if (regions.empty()) return count.known() && often(frames_count_met);
    return std::any_of(regions.begin(), regions.end(), [&](const RegionCount& r) { return often(r.frames_met); });
  }
  /// The three regions that missed their count most: "B3: 1 object in 40 of 1500 frames, …". Empty where none did.
  std::string missed_regions() const {
    std::vector<RegionCount> worst = regions;
    std::stable_sort(worst.begin(), worst.end(),
                     [](const RegionCount& a, const RegionCount& b) { return a.frames_met < b.frames_met; });
    std::string text;
    for (size_t i = 0; i < std::min<size_t>(3, worst.size()) && worst[i].frames_met < frames; ++i) {
      text += (text.empty() ? "" : ", ") + worst[i].name + ": " + objects_text(worst[i].count) + " in " +
              std::to_string(worst[i].frames_met) + " of " + std::to_string(frames) + " frames";
    }
    return text;
  }
  static std::string objects_text(const tracking::ObjectCount& count) {
    return tracking::to_text(count) + (count.most == 1 ? " object" : " objects");
  }
  /// What was named looks otherwise than what the classifier had learned from: far more of it is strange than of its
  /// examples, and more than as many objects show by chance.
  bool looks_unfamiliar() const { return is_unfamiliar(named, named_by); }
  /// What was found and left out, by cause, for people: "left out: 1200 objects below label.min_area (…), 3 objects
  /// above label.max_area (…), 12.0 % of the foreground, outside the regions". Empty where nothing was.
  std::string left_out_text() const;
  /// One for each cause that looks like a loss: objects that did not fit, always; what the area
  /// limits left out where it seems to be what was wanted; regions that hide all there is.
  std::vector<RunWarning> left_out_warnings() const;
  bool regions_hide_all() const { return 10 * objects < frames && pixels_outside > 20 * pixels; }
  double objects_mean() const { return frames ? static_cast<double>(objects) / static_cast<double>(frames) : 0; }
  /// Most tracks are doubtful, and they are more than two for each object that is there at a time.
  bool many_short_tracks() const {
    return lives.doubtful >= 10 && 2 * lives.doubtful > tracks &&
           static_cast<double>(lives.doubtful) > 2 * objects_mean();
  }
  /// In more than a third of the sightings.
  bool often_merged() const { return lives.rows_merged >= 10 && 3 * lives.rows_merged > lives.rows_seen; }
  /// Time in which results were handed to the outputs, s: no other frame is written meanwhile.
  double write_s() const {
    for (const StageTiming& stage : stages) {
      if (stage.name == kWriteStage) return 1e-9 * stage.latency.mean() * static_cast<double>(stage.latency.count());
    }
    return 0;
  }
  double frames_per_s() const { return wall_s > 0 ? static_cast<double>(frames) / wall_s : 0; }  ///< throughput
  /// What one core would do without outputs: of the time that the stages before them took for a frame, one after the
  /// other. A lower bound, as outputs and other frames shared the processors. 0 where it is not known.
  double frames_per_s_without_outputs() const {
    double frame_ns = 0;
    for (const StageTiming& stage : stages) {
      if (stage.name == kWriteStage) return frame_ns > 0 ? 1e9 / frame_ns : 0;
      frame_ns += stage.latency.mean();
    }
    return 0;
  }
  double events_per_s() const { return wall_s > 0 ? static_cast<double>(source.events) / wall_s : 0; }

  /// Tracks that ended up in each of `classes` classes, then those without one.
  std::vector<uint64_t> tracks_by_class(size_t classes) const {
    std::vector<uint64_t> counts(classes + 1);
    for (const int c : track_classes)
      ++counts[c >= 0 && static_cast<size_t>(c) < classes ? static_cast<size_t>(c) : classes];
    return counts;
  }

  /// Counts one frame's objects.
  void count_objects(const contract::FrameSummary& found, std::span<const contract::ObjectRecord> kept) {
    objects_min = frames == 0 || found.objects < objects_min ? found.objects : objects_min;
    objects_max = found.objects > objects_max ? found.objects : objects_max;
    objects += found.objects;
    objects_lost += found.lost;
    objects_too_small += found.too_small;
    objects_too_large += found.too_large;
    pixels_outside += found.outside;
    pixels += found.foreground;
    left_out.add(found, kept);
    ++frames;
  }
};

}  // namespace flashcell
