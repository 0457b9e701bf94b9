#include "host/sink/run_warnings.hpp"

#include "host/sink/summary_sink.hpp"
#include "tests/host/sink/support.hpp"

namespace flashcell::host {
namespace {

std::string lines_of(const RunSummary& summary, bool events = false) {
  std::string text;
  RunInfo run = test::small_run();
  run.source.has_cells = events;
  for (const RunWarning& warning : run_warnings(run, summary)) text += warning.line() + "\n";
  return text;
}

/// 1000 frames with two objects of 500 px each and some that are too small.
RunSummary run_that_leaves_out(uint32_t too_small, uint32_t largest) {
  RunSummary s;
  contract::FrameSummary frame;
  frame.objects = 2;
  frame.too_small = too_small;
  frame.largest_too_small = largest;
  std::vector<contract::ObjectRecord> kept(2);
  for (contract::ObjectRecord& o : kept) o.m00 = 500;
  for (int f = 0; f < 1000; ++f) s.count_objects(frame, kept);
  return s;
}

RunSummary sound_run() {
  RunSummary s = run_that_leaves_out(50, 4);
  s.tracks = 2;
  s.lives.rows_seen = 2000;
  s.lives.rows_merged = 100;
  s.dropped = {{"missing in the recording", 0}, {"overrun", 0}};
  return s;
}

TEST(RunWarnings, ASoundRunHasNone) {
  EXPECT_EQ(lines_of(sound_run()), "");
  EXPECT_EQ(lines_of(RunSummary()), "") << "nor one without frames";
}

TEST(RunWarnings, NothingFoundIsSaid) {
  RunSummary s;
  for (int f = 0; f < 60; ++f) s.count_objects({}, {});
  EXPECT_EQ(lines_of(s).rfind("nothing was found in 60 frames; `flashcell tune`", 0), 0u) << lines_of(s);
  EXPECT_EQ(lines_of(s, true).rfind("nothing was found in 60 frames; --events.window", 0), 0u);
}

TEST(RunWarnings, WhereTheCountIsMetNoSubjectsAreLeftOut) {
  RunSummary s = run_that_leaves_out(1, 400);
  EXPECT_NE(lines_of(s).find("label.min_area leaves out"), std::string::npos);
  s.count = {2, 2};
  s.frames_count_met = s.frames;
  EXPECT_EQ(lines_of(s), "");
}

TEST(RunWarnings, EachSaysWhatHowMuchAndWhatToTry) {
  RunSummary s = sound_run();
  s.objects_lost = 12;
  s.count = {3, 3};
  s.frames_count_met = 100;
  s.tracks = 60;
  s.lives.doubtful = 50;
  s.lives.few = 5;
  s.lives.rows_merged = 900;
  s.dropped[1].frames = 1;
  const std::string lines = lines_of(s);
  for (const char* text :
       {"12 objects did not fit into label.max_objects; raise --label.max_objects",
        "not met: 3 objects in 100 of 1000 frames (10.0 %); `flashcell tune`",
        "50 of 60 tracks (83 %) were seen in fewer than 5 frames or in less than half of their time, with 2 objects a "
        "frame; --label.min_area",
        "45 % of the rows", "1 frame dropped: overrun; raise --pipeline.queue_ms"}) {
    EXPECT_NE(lines.find(text), std::string::npos) << text << "\n" << lines;
  }
  EXPECT_NE(summary_json(test::small_run(), s).find("12 objects did not fit"), std::string::npos);
  // [segment] does nothing for events.
  EXPECT_NE(lines.find("segment"), std::string::npos);
  EXPECT_EQ(lines_of(s, true).find("segment"), std::string::npos);
}

}  // namespace
}  // namespace flashcell::host
