#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "host/config/config.hpp"

namespace flashcell::app {

struct DetectionRun {
  std::string file, output;
  bool quiet = false, json = false;
};

/// `track --detections FILE`: the tracker alone, on boxes from a MOTChallenge detection file, at `fps` frames/s. Writes
/// tracks.csv, tracks.txt and tracks.h5 as configured, and summary.json; prints the summary. Returns the exit code.
/// `inputs`: files that are read, see RunFolder.
int track_detections(const DetectionRun& run, double fps, const host::Config& config,
                     const std::vector<std::filesystem::path>& inputs);

}  // namespace flashcell::app
