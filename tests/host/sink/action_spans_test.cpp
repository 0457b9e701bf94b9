#include "host/sink/action_spans.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "host/sink/action_sink.hpp"
#include "tests/host/sink/support.hpp"

namespace flashcell::host {
namespace {

AssembledRow row_of(int64_t frame, uint32_t id, int32_t action, float confidence = 0.5F) {
  AssembledRow row;
  row.row = test::row_at(frame, id, 1, 1);
  row.time_s = 1e-3 * static_cast<double>(frame);
  row.action = action;
  row.action_confidence = confidence;
  return row;
}

TEST(ActionSpans, EndWhereTheActionChangesOrTheTrackIsGone) {
  ActionSpans spans(100);
  std::vector<ActionSpan> over;
  const auto add = [&](const AssembledRow& row) { spans.add(row, [&](const ActionSpan& s) { over.push_back(s); }); };
  for (int64_t f = 0; f < 10; ++f) {
    add(row_of(f, 1, f < 4 ? 0 : 1, f < 2 ? 0.2F : 0.4F));
    add(row_of(f, 2, f < 3 ? -1 : 2));
  }
  ASSERT_EQ(over.size(), 1U);
  EXPECT_EQ(over[0].last, 3);
  EXPECT_EQ(over[0].rows, 4U);
  EXPECT_NEAR(over[0].confidence(), 0.3, 1e-6);
  // Half a second's gap is bridged, more than one is not; who is gone is forgotten.
  add(row_of(60, 1, 1));
  add(row_of(300, 1, 1));
  ASSERT_EQ(over.size(), 3U);
  std::sort(over.begin() + 1, over.end(), [](const ActionSpan& a, const ActionSpan& b) { return a.id < b.id; });
  EXPECT_EQ(over[1].first, 4);
  EXPECT_EQ(over[1].last, 60);
  EXPECT_EQ(over[2].id, 2U);
  EXPECT_EQ(over[2].first, 3);
  spans.finish([&](const ActionSpan& s) { over.push_back(s); });
  ASSERT_EQ(over.size(), 4U);
  EXPECT_EQ(over[3].first, 300);
}

TEST(ActionSink, WritesASpanALine) {
  const test::TemporaryFolder folder;
  const auto sink = make_action_sink(folder / "actions.csv");
  RunInfo run = test::small_run();
  run.actions = {"walk, slowly", "stop"};
  sink->begin(run);
  const std::vector<AssembledRow> rows = {row_of(0, 3, 0), row_of(1, 3, 0), row_of(2, 3, 1), row_of(3, 3, 1)};
  sink->write_rows(rows);
  sink->finish({});
  const std::string text = test::read_text(folder / "actions.csv");
  EXPECT_NE(text.find("id,action,first,last,begin_s,end_s,confidence\n"
                      "3,\"walk, slowly\",0,1,0.000000000,0.001000000,0.500\n"
                      "3,stop,2,3,0.002000000,0.003000000,0.500\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace flashcell::host
