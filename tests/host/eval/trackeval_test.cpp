#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "host/eval/evaluate.hpp"
#include "tests/support/folders.hpp"
#include "tests/support/json.hpp"

namespace flashcell::host {
namespace {

/// Every figure of `expected` is in `actual`, within 1e-6.
void expect_figures(const nlohmann::json& expected, const nlohmann::json& actual, const std::string& where) {
  ASSERT_FALSE(expected.empty()) << where;
  for (const auto& [name, value] : expected.items()) {
    ASSERT_TRUE(actual.contains(name)) << where << " " << name;
    if (!value.is_array()) {
      EXPECT_NEAR(value.get<double>(), actual[name].get<double>(), 1e-6) << where << " " << name;
      continue;
    }
    ASSERT_EQ(value.size(), actual[name].size());
    for (size_t i = 0; i < value.size(); ++i) {
      EXPECT_NEAR(value[i].get<double>(), actual[name][i].get<double>(), 1e-6) << where << " " << name << " " << i;
    }
  }
}

TEST(TrackEval, EveryFigureAgrees) {
  FLASHCELL_NEEDS_DATA("mot/expected_metrics.json");
  const std::filesystem::path mot = test::data_dir() / "mot";
  std::ifstream file(mot / "expected_metrics.json");
  const nlohmann::json expected = nlohmann::json::parse(file);
  for (const std::string tracker : {"CEM", "SORT"}) {
    EvalOptions options;
    for (const std::string sequence : {"TUD-Campus", "TUD-Stadtmitte"}) {
      const std::filesystem::path tracks =
          tracker == "CEM" ? mot / sequence / "test.txt" : mot / "sort_ref" / (sequence + ".txt");
      options.pairs.push_back({(mot / sequence / "gt.txt").string(), tracks.string()});
    }
    const nlohmann::json actual = to_json(evaluate(options));
    ASSERT_EQ(actual["sequences"].size(), 2u);
    for (const auto& [sequence, scores] : actual["sequences"].items()) {
      expect_figures(expected[tracker][sequence], scores, tracker + " " + sequence);
    }
    expect_figures(expected[tracker]["OVERALL"], actual["OVERALL"], tracker + " OVERALL");
  }
}

TEST(EvalCommand, PrintsTableAndJson) {
  FLASHCELL_NEEDS_DATA("mot/TUD-Campus/gt.txt");
  const std::filesystem::path campus = test::data_dir() / "mot" / "TUD-Campus";
  EvalOptions options;
  options.pairs.push_back({(campus / "gt.txt").string(), (campus / "gt.txt").string()});
  std::ostringstream table, json;
  EXPECT_EQ(eval_command(options, table), 0);
  EXPECT_NE(table.str().find("TUD-Campus  1.0000"), std::string::npos) << table.str();
  options.json = true;
  EXPECT_EQ(eval_command(options, json), 0);
  EXPECT_EQ(test::parse_json(json.str())["OVERALL"]["MOTA"], 1.0);
}

TEST(EvalPoints, SleapPointsAgainstThemselvesAndMoved) {
  FLASHCELL_NEEDS_DATA("video/sleap_clip_gt_points.csv");
  const std::string points = (test::data_dir() / "video" / "sleap_clip_gt_points.csv").string();
  EvalOptions options;
  options.pairs.push_back({points, points});
  options.points = true;
  options.max_distance = 100;
  options.truth_columns.point = "thorax";
  options.track_columns.point = "thorax";
  const EvalResult same = evaluate(options);
  EXPECT_DOUBLE_EQ(same.overall.identity.f1, 1);
  EXPECT_EQ(same.overall.clear.frames, 1500);
  options.track_columns.point = "head";
  const EvalResult moved = evaluate(options);
  EXPECT_DOUBLE_EQ(moved.overall.identity.f1, 1);
  EXPECT_LT(moved.overall.clear.motp, 0.9);
}

}  // namespace
}  // namespace flashcell::host
