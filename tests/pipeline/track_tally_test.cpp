#include "pipeline/track_tally.hpp"

#include <gtest/gtest.h>

namespace flashcell {
namespace {

tracking::TrackRow sighting(int64_t frame, uint32_t id, double left = 50) {
  tracking::TrackRow row;
  row.frame = frame;
  row.id = id;
  row.box = {left, 20, 10, 10};
  return row;
}

void see(TrackTally& tally, uint32_t id, int64_t first, int64_t last, int64_t step = 1, double left = 50) {
  for (int64_t f = first; f <= last; f += step) tally.take(sighting(f, id, left));
}

TEST(TrackTally, DoubtsTracksThatAreShortOrHardlySeen) {
  TrackTally tally(200, 100);
  see(tally, 1, 0, 99);       // long
  see(tally, 2, 10, 13);      // four sightings
  see(tally, 3, 10, 14);      // five
  see(tally, 4, 0, 99, 3);    // in a third of the frames
  see(tally, 5, 1, 99, 2);    // in half of them
  see(tally, 6, 0, 2, 1, 0);  // short, at the left edge
  see(tally, 7, 0, 2, 1, 189);
  EXPECT_EQ(tally.lives(100).doubtful, 2u);
  EXPECT_EQ(tally.lives(100).few, 5u);
  EXPECT_EQ(tally.lives(12).few, 3u) << "of a short recording";
  EXPECT_EQ(tally.lives(12).doubtful, 1u);
}

TEST(TrackTally, LateRowsCountAndPredictedOnesDoNot) {
  TrackTally tally(200, 100);
  see(tally, 1, 5, 7);
  tally.take(sighting(3, 1));
  tally.take(sighting(4, 1));
  tracking::TrackRow row = sighting(8, 1);
  row.state = tracking::TrackState::predicted;
  for (row.frame = 8; row.frame < 50; ++row.frame) tally.take(row);
  tracking::TrackRow merged = sighting(50, 2);
  merged.state = tracking::TrackState::merged;
  tally.take(merged);
  const TrackLives lives = tally.lives(100);
  EXPECT_EQ(lives.rows_seen, 6u);
  EXPECT_EQ(lives.rows_merged, 1u);
  EXPECT_EQ(lives.doubtful, 1u) << "track 2; track 1 has five sightings in five frames";
}

TEST(RunSummary, WarnsOfManyShortTracksOnly) {
  RunSummary s;
  for (int f = 0; f < 1000; ++f) s.count_objects({.objects = 2}, {});
  s.tracks = 107;
  s.lives.doubtful = 100;
  EXPECT_TRUE(s.many_short_tracks());
  s.lives.doubtful = 40;
  EXPECT_FALSE(s.many_short_tracks()) << "most tracks are sound";
  RunSummary crowd;
  crowd.count_objects({.objects = 600}, {});
  crowd.tracks = 1500;
  crowd.lives.doubtful = 800;
  EXPECT_FALSE(crowd.many_short_tracks()) << "hardly more than there are objects";
}

TEST(RunSummary, WarnsOfMergedRowsWhereTheyAreMany) {
  RunSummary s;
  s.lives.rows_seen = 100;
  s.lives.rows_merged = 33;
  EXPECT_FALSE(s.often_merged());
  s.lives.rows_merged = 34;
  EXPECT_TRUE(s.often_merged());
}

}  // namespace
}  // namespace flashcell
