#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "host/driving/driving_scene.hpp"

namespace flashcell::host {

/// A data set of generated drives.
struct DrivingSet {
  int scenes = 10;     ///< 1..100000
  double night = 0.5;  ///< share of scenes by night, spread evenly; 0..1
  uint64_t seed = 1;   ///< scene i has seed + i
  int width = 320, height = 240;
  int frames = 20;                 ///< of a scene, 1..100000 and at most a minute
  double fps = 20;                 ///< labelled pictures a second, 0.1..1000
  std::string ending = ".aedat4";  ///< of event files
  EventSensor sensor = {};         ///< its seed is the scene's, its unit of light the scenes'
  double least_visible = 0.2;      ///< boxes of road users with less of them in sight are left out
};

/// Throws Error(Fault::usage) that names what is out of its range.
void check(const DrivingSet& set);

/// Pictures begin so long after the events, s.
constexpr double kDrivingLead = 0.1;

/// Names in the set's folder: "scene_0003", and in that "00000000.png", "events.aedat4", "times.csv".
std::string driving_scene_name(int scene);
std::string driving_picture_name(int frame);

/// A picture that was written, and its boxes.
struct DrivingLabels {
  int scene = 0, frame = 0;
  int64_t time_us = 0;  ///< the exposure's middle, in the clock of the events
  Exposure exposure;
  bool night = false;
  std::vector<DrivingBox> boxes;
};

/// Writes scene `scene`, made before, into `folder`: its pictures, its events, times.csv (frame, time, exposure, gain).
/// Appends to `labels`. `progress` is called after each picture; `stop` ends early and whole. Throws
/// Error(Fault::input) when it cannot write.
void write_driving_scene(const DrivingSet& set, int scene, const std::filesystem::path& folder,
                         std::vector<DrivingLabels>& labels, const std::function<void()>& progress,
                         const std::atomic<bool>* stop = nullptr);

/// Writes the whole set's labels into `folder`:
/// - boxes.json: COCO detection; with each picture its time, night, events; with each box track_id, visible, distance;
/// - labels.csv: as DSEC's boxes are published, without header: picture,x1,y1,x2,y2,class (x2, y2 behind the last
/// pixel);
/// - labels_map.csv: class,number.
void write_driving_labels(const DrivingSet& set, const std::filesystem::path& folder,
                          const std::vector<DrivingLabels>& labels);

}  // namespace flashcell::host
