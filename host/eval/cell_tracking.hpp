#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "tracking/metrics/cell_tracking.hpp"

namespace flashcell::host {

/// The Cell Tracking Challenge's measures of one sequence, or of several.
struct CellTrackingScores {
  std::optional<double> seg;  ///< 0..1; none where the ground truth has no SEG of these frames
  double det = 0;             ///< 0..1
  std::optional<double> tra;  ///< 0..1; none where truth or result lacks its text file of tracks
  tracking::GraphErrors errors;
};

/// Whether these two can be compared so: folders both.
bool are_label_folders(const std::string& truth, const std::string& result);

/// `truth` is a folder like the challenge's NN_GT: TRA/man_trackT.tif and man_track.txt (or these in itself), and
/// SEG/man_segT.tif of some or all frames, whole outlines; `result` one like NN_RES: maskT.tif and res_track.txt.
/// `frames` > 0: only the first so many. Throws Error(Fault::input) naming the file: what label_images.hpp and
/// lineage_text.hpp refuse, a frame of the truth that the result lacks or has in another size, a result that goes on
/// after the truth, tracks and images that contradict each other, no reference object.
CellTrackingScores score_label_folders(const std::string& truth, const std::string& result, int64_t frames);

/// As the challenge combines sequences: the mean of each measure, none where a sequence lacks it; errors are added up.
CellTrackingScores combine(std::span<const CellTrackingScores> sequences);

}  // namespace flashcell::host
