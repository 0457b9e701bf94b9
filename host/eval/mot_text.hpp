#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tracking/detection.hpp"
#include "tracking/metrics/sequence.hpp"

namespace flashcell::host {

/// Objects of a file, each with the line it stands in.
struct ObjectList {
  std::string name;  ///< of the file, for messages
  std::vector<tracking::LabelledObject> objects;
  std::vector<int64_t> lines;
  bool has_boxes = false, has_points = false;
  struct Name {
    std::string text;       ///< of the object's class
    double confidence = 1;  ///< 0..1
  };
  std::vector<Name> names;  ///< of each object; empty where the file has no classes
};

/// Largest frame number that a file may hold.
constexpr int64_t kMaxFrameNumber = 1'000'000'000;

/// Frames in a row that a detection file may leave out: a tracker goes through each.
constexpr int64_t kMostEmptyFrames = 10'000'000;

/// MOTChallenge text: frame,id,left,top,width,height[,conf[,x,y,z]], frames from 1; empty lines are skipped. Points are
/// the boxes' centres. All rows count, whatever their conf says. Throws Error(Fault::input) naming file and line: too
/// few fields, a value that is no number within 10 million either way, a frame below 1, a side of a box that is not
/// above 0, an id twice in a frame.
ObjectList parse_mot(std::string_view text, const std::string& name);
ObjectList read_mot(const std::string& path);

/// One frame's detections from a file.
struct FrameDetections {
  int64_t frame = 0;  ///< from 1
  std::vector<tracking::Detection> detections;
};

/// MOTChallenge detections: rows as above, the id is ignored, conf becomes the confidence (1 where absent). Sorted by
/// frame, in the file's order within; frames without a detection are left out. Errors as above, and where more than
/// kMostEmptyFrames follow each other.
std::vector<FrameDetections> parse_mot_detections(std::string_view text, const std::string& name);
std::vector<FrameDetections> read_mot_detections(const std::string& path);

/// Throws Error(Fault::input) naming file and line where an id occurs twice in a frame.
void check_unique_ids(const ObjectList& list);

}  // namespace flashcell::host
