#pragma once
#include <filesystem>

#include "host/eval/mot_text.hpp"
#include "host/export/export.hpp"

namespace flashcell::host {

/// SLEAP's analysis file (HDF5): tracks [track, 2, node, frame] with NaN for what is missing, point_scores,
/// track_occupancy [frame, track], track_names, node_names, video_path. Throws as export_tracks().
void write_sleap_analysis(const ObjectList& tracks, const ExportFacts& facts, const std::filesystem::path& path);

}  // namespace flashcell::host
