// BoxTracker on MOTChallenge's sequences, with its defaults, against the trackers that people use.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "host/eval/mot_text.hpp"
#include "tests/support/folders.hpp"
#include "tests/tracking/follow.hpp"
#include "tracking/box_tracker.hpp"

namespace flashcell::test {
namespace {

struct Sequence {
  std::string name, truth;  ///< truth below mot/
  double fps;
};

const std::vector<Sequence> kSequences = {{"ADL-Rundle-6", "gt/ADL-Rundle-6.txt", 30},
                                          {"ETH-Sunnyday", "gt/ETH-Sunnyday.txt", 14},
                                          {"Venice-2", "gt/Venice-2.txt", 30},
                                          {"KITTI-17", "gt/KITTI-17.txt", 10},
                                          {"PETS09-S2L1", "gt/PETS09-S2L1.txt", 7},
                                          {"TUD-Campus", "TUD-Campus/gt.txt", 25},
                                          {"TUD-Stadtmitte", "TUD-Stadtmitte/gt.txt", 25}};

std::string path(const std::string& relative) {
  return (data_dir() / "mot" / relative).string();
}

int64_t last_frame(const std::vector<tracking::LabelledObject>& objects) {
  int64_t last = 0;
  for (const tracking::LabelledObject& object : objects) last = std::max(last, object.frame);
  return last;
}

/// `late`: with what comes later, as an offline run; else as a live one.
std::vector<tracking::LabelledObject> track(const std::string& detections, double fps, int64_t frames, bool late) {
  const std::vector<host::FrameDetections> found = host::read_mot_detections(path(detections));
  std::vector<tracking::FrameOfDetections> views;
  for (const host::FrameDetections& f : found) views.push_back({f.frame, f.detections});
  tracking::BoxTrackerParameters parameters;
  if (!late) parameters.smooth_ms = 0;
  tracking::BoxTracker tracker(parameters, fps, tracking::ScoreModel::learn(views, fps));
  std::map<std::pair<int64_t, uint32_t>, tracking::TrackRow> rows;
  const auto take = [&](std::span<const tracking::TrackRow> some) {
    for (const tracking::TrackRow& row : some) rows[{row.frame, row.id}] = row;
  };
  auto next = views.begin();
  for (int64_t frame = 1; frame <= frames; ++frame) {
    const bool present = next != views.end() && next->frame == frame;
    take(tracker.update(frame, static_cast<double>(frame) / fps,
                        present ? (next++)->detections : std::span<const tracking::Detection>()));
    if (late) take(tracker.backfill());
  }
  if (late) take(tracker.finish());
  std::vector<tracking::LabelledObject> objects;
  for (const auto& [key, row] : rows) objects.push_back({row.frame, row.id, row.box, row.x, row.y});
  return objects;
}

/// Several sequences as TrackEval combines them.
struct Pool {
  std::vector<tracking::HotaScores> hotas;
  std::vector<tracking::ClearScores> clears;
  std::vector<tracking::IdentityScores> identities;

  void add(const tracking::ScoredSequence& sequence) {
    hotas.push_back(tracking::hota(sequence));
    clears.push_back(tracking::clear_mot(sequence));
    identities.push_back(tracking::identity(sequence));
  }
  double hota() const { return tracking::mean(tracking::combine(hotas).hota); }
  double mota() const { return tracking::combine(clears).mota; }
  double f1() const { return tracking::combine(identities).f1; }
};

Pool pool(const std::vector<Sequence>& sequences, const std::string& detector, bool late) {
  Pool all;
  for (const Sequence& s : sequences) {
    const host::ObjectList truth = host::read_mot(path(s.truth));
    const int64_t frames = last_frame(truth.objects);
    all.add(tracking::score_boxes(truth.objects, track(detector + "/" + s.name + ".txt", s.fps, frames, late), frames));
  }
  return all;
}

void record(const Pool& all) {
  testing::Test::RecordProperty("HOTA", std::to_string(all.hota()));
  testing::Test::RecordProperty("MOTA", std::to_string(all.mota()));
  testing::Test::RecordProperty("IDF1", std::to_string(all.f1()));
}

// The best of SORT, OC-SORT and ByteTrack on these detections: HOTA 0.368, MOTA 0.413, IDF1 0.480, each another's.
TEST(MotSequences, BetterThanThePeersOnSevenSequences) {
  FLASHCELL_NEEDS_DATA("mot/gt/Venice-2.txt");
  const Pool all = pool(kSequences, "sort_det", true);
  record(all);
  EXPECT_GT(all.hota(), 0.46);
  EXPECT_GT(all.mota(), 0.47);
  EXPECT_GT(all.f1(), 0.59);
}

TEST(MotSequences, BetterThanThePeersInALiveRun) {
  FLASHCELL_NEEDS_DATA("mot/gt/Venice-2.txt");
  const Pool all = pool(kSequences, "sort_det", false);
  record(all);
  EXPECT_GT(all.hota(), 0.40);
  EXPECT_GT(all.mota(), 0.413);
  EXPECT_GT(all.f1(), 0.54);
}

TEST(MotSequences, AnotherDetectorWhoseScoresAreNoProbabilities) {
  FLASHCELL_NEEDS_DATA("mot/acf_det/Venice-2.txt");
  std::vector<Sequence> four;
  std::copy_if(kSequences.begin(), kSequences.end(), std::back_inserter(four),
               [](const Sequence& s) { return std::filesystem::exists(path("acf_det/" + s.name + ".txt")); });
  ASSERT_EQ(four.size(), 4u);
  const Pool all = pool(four, "acf_det", true);
  record(all);
  EXPECT_GT(all.hota(), 0.48);
  EXPECT_GT(all.mota(), 0.50);
  EXPECT_GT(all.f1(), 0.65);
}

TEST(MotSequences, BetterThanSortOnItsOwnTwo) {
  FLASHCELL_NEEDS_DATA("mot/sort_det/TUD-Campus.txt");
  const Pool all = pool({kSequences[5], kSequences[6]}, "sort_det", true);
  record(all);
  // SORT's own figures on these detections: expected_metrics.json.
  EXPECT_GT(all.hota(), 0.5128);
  EXPECT_GT(all.mota(), 0.6957);
  EXPECT_GT(all.f1(), 0.7048);
}

}  // namespace
}  // namespace flashcell::test
