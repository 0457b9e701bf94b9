#pragma once
#include <string>
#include <string_view>

#include "host/eval/track_csv.hpp"

namespace flashcell::host {

/// Ground truth or tracks from a file or folder, its format told from what it holds:
/// - MOTChallenge text (mot_text.hpp); CSV with a header, as `flashcell track` writes it (track_csv.hpp);
/// - tables of idTracker, ToxTrac and Tracktor (tracker_text.hpp);
/// - XML of the ISBI particle tracking challenge and of TrackMate (particle_xml.hpp);
/// - a folder in the Cell Tracking Challenge's layout (label_images.hpp).
/// - SLEAP's analysis HDF5 (sleap_file.hpp).
/// `columns` concern CSV, and its point SLEAP's nodes. Throws Error(Fault::input) as the readers do.
ObjectList read_tracks(const std::string& path, const CsvColumns& columns);

/// The same of a file's text.
ObjectList parse_tracks(std::string_view text, const std::string& name, const CsvColumns& columns);

}  // namespace flashcell::host
