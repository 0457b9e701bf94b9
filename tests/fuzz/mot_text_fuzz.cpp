// Any bytes as tracks of every format of text, as a lineage, and as detections.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "host/eval/lineage_text.hpp"
#include "host/eval/read_tracks.hpp"
#include "tests/fuzz/must_blame_the_input.hpp"
#include "tracking/box_tracker.hpp"

namespace {

using flashcell::fuzz::must_parse_or_blame_the_input;

/// Whatever the reader accepts the tracker takes.
void track(const std::vector<flashcell::host::FrameDetections>& frames) {
  constexpr size_t kMostFrames = 50, kMostDetections = 20;
  std::vector<flashcell::tracking::FrameOfDetections> views;
  for (size_t i = 0; i < std::min(frames.size(), kMostFrames); ++i)
    views.push_back({frames[i].frame, frames[i].detections});
  flashcell::tracking::BoxTracker tracker({}, 25, flashcell::tracking::ScoreModel::learn(views, 25));
  for (size_t i = 0; i < std::min(frames.size(), kMostFrames); ++i) {
    const auto& all = frames[i].detections;
    tracker.update(frames[i].frame, static_cast<double>(frames[i].frame) / 25,
                   std::span(all).first(std::min(all.size(), kMostDetections)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  must_parse_or_blame_the_input([&] {
    const flashcell::host::ObjectList list = flashcell::host::parse_tracks(text, "fuzz", {});
    if (list.objects.size() != list.lines.size()) std::abort();
  });
  must_parse_or_blame_the_input([&] {
    for (const flashcell::tracking::LineageTrack& t : flashcell::host::parse_lineage(text, "fuzz"))
      if (t.label < 1 || t.first < 0 || t.last < t.first) std::abort();
  });
  must_parse_or_blame_the_input([&] { track(flashcell::host::parse_mot_detections(text, "fuzz")); });
  return 0;
}
