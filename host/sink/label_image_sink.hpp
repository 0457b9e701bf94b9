#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "pipeline/sink.hpp"

namespace flashcell::host {

struct LabelImageOptions {
  /// Where a file of this name is to be made; asked once for each, before it is.
  std::function<std::filesystem::path(const std::string& name)> file;
  /// For each pixel of the frame, in raster order, 1 + the index in its table of the object that it belongs to; 0: of
  /// none.
  std::function<std::span<const uint32_t>(const FrameResult& result)> owners;
  std::function<void(const std::string& line)> warn;  ///< may be empty
};

/// Tracks as the Cell Tracking Challenge takes them (Ulman et al., Nature Methods 2017): for every frame
/// maskNNNNNN.tif, 16 bits, its number that of tracks.csv, each pixel the number of the track whose object it belongs
/// to, 0 of none; and, once the run is over, `tracks`: a line "label first last parent" for each track.
/// - A pixel of an object that several tracks share is that of the nearest one, distances to places measured by the
///   square roots of areas: two discs are divided where they touch.
/// - Where a track has no pixels (it is predicted, or hidden behind another) it ends. When it has some again it goes on
///   under a new label, from 65535 down, whose parent is the one before, as the challenge wants it.
/// - Where numbers no longer fit into 16 bits the images end, and `warn` says so.
/// Holds the objects' runs of pixels of RunInfo::backfill_frames frames. Throws Error(Fault::input) where a file cannot
/// be written or one of its name is there; the images before are whole.
std::unique_ptr<Sink> make_label_image_sink(std::filesystem::path tracks, LabelImageOptions options);

}  // namespace flashcell::host
