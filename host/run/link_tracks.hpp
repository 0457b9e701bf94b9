#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "host/config/config.hpp"
#include "host/run/outputs.hpp"
#include "pipeline/run_summary.hpp"
#include "tracking/track_row.hpp"
#include "tracking/tracker.hpp"

namespace flashcell::host {

/// Whether the tracks of a run with this configuration are linked once all are known: the number of objects is.
bool links_tracks(const Config& config);

/// Whether these files can be gone through once more: pipes and devices cannot.
bool can_be_read_twice(const std::vector<std::filesystem::path>& files);

/// The names that linking gives the tracks of a pass that is over (tracking::relink()); empty where every track keeps
/// the id that it has.
std::vector<tracking::TrackName> new_names(const tracking::Tracker& tracker,
                                           const tracking::TrackerParameters& parameters);

/// What became of tracks by their names, as one line for people.
std::string describe_names(const std::vector<tracking::TrackName>& names, const RunSummary& summary);

/// Puts the files that a second pass has made, under next_name(), in the place of the first one's. Throws
/// Error(Fault::input).
void take_over(RunFolder& folder, const Config& config);

/// Removes what a second pass that did not come to its end has left.
void drop_next(const RunFolder& folder, const Config& config);

}  // namespace flashcell::host
