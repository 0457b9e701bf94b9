#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/named_value.hpp"
#include "host/eval/mot_text.hpp"

namespace flashcell::host {

/// Formats in which other programs take tracks.
enum class ExportFormat : uint8_t { via, sleap, trackmate };
constexpr NamedValue<ExportFormat> kExportFormats[] = {
    {ExportFormat::via, "via"}, {ExportFormat::sleap, "sleap"}, {ExportFormat::trackmate, "trackmate"}};

/// What a format states beside the tracks.
struct ExportFacts {
  std::string recording;    ///< its name; empty: not known
  double fps = 0;           ///< frames/s; 0: not known
  std::string unit = "px";  ///< of the tracks' points
};

/// Writes the tracks, whole or not at all:
/// - via: CSV of VGG Image Annotator's tracks: a row for each box, its frame's number (from 0) in the file attributes
/// and
///   in the file name. Needs boxes.
/// - sleap: SLEAP's analysis HDF5: one node "centroid" a track; NaN where a track has no row. Memory is tracks times
///   frames times 24 bytes.
/// - trackmate: XML that TrackMate exports and imports as tracks: particles of detections, frames from 0.
/// Throws Error(Fault::input) where the file cannot be written, Error(Fault::usage) where the tracks lack what the
/// format needs.
void export_tracks(const ObjectList& tracks, ExportFormat format, const ExportFacts& facts,
                   const std::filesystem::path& path);

}  // namespace flashcell::host
