#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "host/eval/mot_text.hpp"
#include "tests/support/folders.hpp"
#include "tests/tracking/follow.hpp"

namespace flashcell::test {
namespace {

/// For a detector's boxes of people at 25 frames/s; the same for every sequence.
tracking::TrackerParameters box_parameters() {
  tracking::TrackerParameters parameters;
  parameters.lost_ms = 1000;
  parameters.confirm_ms = 400;
  return parameters;
}

std::string path(const std::string& relative) {
  return (data_dir() / "mot" / relative).string();
}

std::vector<tracking::TrackRow> track_detections(const std::string& sequence, int64_t last_frame) {
  std::vector<Sight> sights;
  for (int64_t frame = 1; frame <= last_frame; ++frame) sights.push_back({frame, {}});
  for (const host::FrameDetections& found : host::read_mot_detections(path("sort_det/" + sequence + ".txt"))) {
    sights.at(found.frame - 1).detections = found.detections;
  }
  return follow(box_parameters(), 25, sights);
}

int64_t last_frame(const std::vector<tracking::LabelledObject>& objects) {
  int64_t last = 0;
  for (const tracking::LabelledObject& object : objects) last = std::max(last, object.frame);
  return last;
}

struct Scores {
  std::vector<tracking::HotaScores> hota;
  std::vector<tracking::ClearScores> clear;
  std::vector<tracking::IdentityScores> identity;

  void add(const tracking::ScoredSequence& sequence) {
    hota.push_back(tracking::hota(sequence));
    clear.push_back(tracking::clear_mot(sequence));
    identity.push_back(tracking::identity(sequence));
  }
};

TEST(BoxTracking, BetterThanSortOnItsOwnDetections) {
  FLASHCELL_NEEDS_DATA("mot/sort_det/TUD-Campus.txt");
  Scores scores;
  for (const std::string sequence : {"TUD-Campus", "TUD-Stadtmitte"}) {
    const host::ObjectList truth = host::read_mot(path(sequence + "/gt.txt"));
    const int64_t frames = last_frame(truth.objects);
    scores.add(tracking::score_boxes(truth.objects, labelled(track_detections(sequence, frames)), frames));
  }
  const double hota = tracking::mean(tracking::combine(scores.hota).hota);
  const double f1 = tracking::combine(scores.identity).f1, mota = tracking::combine(scores.clear).mota;
  RecordProperty("HOTA", std::to_string(hota));
  RecordProperty("IDF1", std::to_string(f1));
  RecordProperty("MOTA", std::to_string(mota));
  // SORT's own figures on these detections: expected_metrics.json.
  EXPECT_GT(hota, 0.5128);
  EXPECT_GT(f1, 0.7048);
  EXPECT_GT(mota, 0.6957);
}

TEST(BoxTracking, AgreesWithSortOnSequencesWithoutGroundTruth) {
  FLASHCELL_NEEDS_DATA("mot/sort_det/PETS09-S2L1.txt");
  for (const std::string sequence : {"PETS09-S2L1", "KITTI-17"}) {
    const host::ObjectList sort = host::read_mot(path("sort_ref/" + sequence + ".txt"));
    const auto detections = host::read_mot_detections(path("sort_det/" + sequence + ".txt"));
    const int64_t frames = detections.back().frame;
    const auto rows = track_detections(sequence, frames);
    const tracking::ScoredSequence both = tracking::score_boxes(sort.objects, labelled(rows), frames);
    EXPECT_GT(tracking::clear_mot(both).recall, 0.9) << sequence;
    EXPECT_LE(both.track_ids, both.truth_ids) << sequence << ": more ids than SORT, which splits its tracks";
  }
}

}  // namespace
}  // namespace flashcell::test
