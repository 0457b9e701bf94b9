#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/page/parts.hpp"
#include "host/sink/palette.hpp"
#include "host/sink/report/data.hpp"

namespace flashcell::host {

// What the report's sections are made of. Texts go in as they are, and are escaped here.

/// Frame numbers as times, in s or ms, where the frame rate is known.
struct TimeAxis {
  double per_frame = 1;
  std::string unit;  ///< "s", "ms", or "frames"

  /// For times up to `frames`.
  TimeAxis(double fps, int64_t frames);
  double at(int64_t frame) const { return static_cast<double>(frame) * per_frame; }
  /// "what [s]"; where frames are counted, that alone.
  std::string label(const std::string& what) const;
};

/// "", or "s" for any number but one.
const char* plural(uint64_t n);
std::string count_text(uint64_t n);

/// The `most` tracks with most rows, by id.
std::vector<const TrackStory*> longest_tracks(const ReportData& data, size_t most);

/// "#rrggbb" of a track.
std::string colour_text(const Rgb& colour);

}  // namespace flashcell::host
