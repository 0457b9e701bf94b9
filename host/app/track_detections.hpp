#pragma once
#include <string>

#include "host/config/config.hpp"

namespace flashcell::app {

/// `track --detections FILE`: the tracker alone, on boxes from a MOTChallenge detection file. Writes tracks.csv,
/// tracks.txt (always) and, where configured, tracks.h5 into `output`; prints the summary. `fps` frames/s. Returns the
/// exit code.
int track_detections(const std::string& file, double fps, const std::string& output, const host::Config& config,
                     bool quiet, bool json);

}  // namespace flashcell::app
