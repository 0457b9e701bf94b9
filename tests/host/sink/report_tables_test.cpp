#include <map>
#include <set>
#include <sstream>

#include "host/sink/csv_sink.hpp"
#include "host/sink/report/tables.hpp"
#include "host/sink/report_sink.hpp"
#include "tests/host/sink/support.hpp"

namespace flashcell::host {
namespace {

using test::blank_result;
using test::OwnedResult;
using test::read_text;
using test::row_at;
using test::TemporaryFolder;

/// Columns of a CSV by name; every row has as many fields as there are names.
std::map<std::string, std::vector<std::string>> read_csv(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  std::vector<std::string> names;
  std::map<std::string, std::vector<std::string>> columns;
  while (std::getline(lines, line)) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, ',');) fields.push_back(field);
    if (names.empty()) {
      names = fields;
      for (const std::string& name : names) columns[name];
      EXPECT_EQ(columns.size(), names.size()) << "names differ";
      continue;
    }
    EXPECT_EQ(fields.size(), names.size()) << line;
    for (size_t i = 0; i < std::min(fields.size(), names.size()); ++i) columns[names[i]].push_back(fields[i]);
  }
  EXPECT_FALSE(names.empty());
  return columns;
}

/// The class's name with a comma and quotes in it: fields are split here without care for them.
constexpr std::string_view kQuoted = "\"ant, \"\"small\"\"\"";

std::string with_plain_classes(std::string text) {
  for (size_t at = text.find(kQuoted); at != std::string::npos; at = text.find(kQuoted))
    text.replace(at, kQuoted.size(), "ant");
  return text;
}

double sum(const std::vector<std::string>& numbers) {
  double total = 0;
  for (const std::string& number : numbers) total += std::stod(number);
  return total;
}

/// Some objects that come, go and hide, into the report and tracks.csv.
void write_run(const TemporaryFolder& folder, const std::string& unit, int64_t frames) {
  RunInfo run = test::small_run();
  if (unit != "px") run.world = WorldMap::scaled(unit, 0.25);
  run.classes = {"ant, \"small\"", "fly"};
  const auto csv = make_csv_sink(folder / "tracks.csv");
  const auto report = make_report_sink([&](const std::string& name) { return folder / name; });
  test::SinkRun sinks({csv.get(), report.get()}, run);
  for (int64_t f = 0; f < frames; ++f) {
    OwnedResult result = blank_result(f);
    for (uint32_t id = 1; id <= 6; ++id) {
      if (f < 5 * id || f > 40 + 9 * id || (f + id) % 17 == 0) continue;
      result.rows.push_back(row_at(f, id, 3.0 * id + 0.25 * static_cast<double>(f), 7.0 * id));
      tracking::TrackRow& row = result.rows.back();
      row.vx = 0.25 * 2000;
      row.class_id = static_cast<int>(id % 3) - 1;
      if ((f + id) % 11 == 0) row.state = tracking::TrackState::predicted;
      if ((f + id) % 13 == 0) row.state = tracking::TrackState::merged;
    }
    result.table.objects.resize(result.rows.size());
    sinks.write(result);
  }
  sinks.finish();
}

TEST(ReportTables, AgreeWithTheTracks) {
  const TemporaryFolder folder;
  write_run(folder, "mm", 100);
  const auto rows = read_csv(with_plain_classes(read_text(folder / "tracks.csv")));
  std::map<std::string, int> rows_of, seen_of;
  int seen = 0;
  for (size_t i = 0; i < rows.at("id").size(); ++i) {
    const bool is_seen = rows.at("state")[i] != "predicted";
    ++rows_of[rows.at("id")[i]];
    seen_of[rows.at("id")[i]] += is_seen;
    seen += is_seen;
  }
  ASSERT_GT(seen, 100);
  const std::string text = read_text(folder / "report_tracks.csv");
  EXPECT_NE(text.find(kQuoted), std::string::npos);
  const auto tracks = read_csv(with_plain_classes(text));
  ASSERT_EQ(tracks.at("id").size(), rows_of.size());
  for (size_t i = 0; i < rows_of.size(); ++i) {
    EXPECT_EQ(std::stoi(tracks.at("rows")[i]), rows_of[tracks.at("id")[i]]);
    EXPECT_EQ(std::stoi(tracks.at("seen")[i]), seen_of[tracks.at("id")[i]]);
    EXPECT_DOUBLE_EQ(std::stod(tracks.at("max_speed_mm_per_s")[i]), 125);
    EXPECT_NEAR(std::stod(tracks.at("mean_speed_mm_per_s")[i]), 125, 1e-6);
  }
  EXPECT_EQ(sum(read_csv(read_text(folder / "report_map.csv")).at("rows")), seen);
  EXPECT_EQ(sum(read_csv(read_text(folder / "report_speeds.csv")).at("rows")), seen);
  EXPECT_EQ(sum(read_csv(read_text(folder / "report_lengths.csv")).at("tracks")), 6);
  EXPECT_EQ(sum(read_csv(read_text(folder / "report_gaps.csv")).at("gaps")), sum(tracks.at("gaps")));
  EXPECT_EQ(read_csv(read_text(folder / "report_paths.csv")).at("id").size(), rows.at("id").size());
  const auto over_time = read_csv(read_text(folder / "report_over_time.csv"));
  for (size_t i = 0; i < over_time.at("x").size(); ++i)
    EXPECT_NEAR(std::stod(over_time.at("x")[i]) * 0.25, std::stod(over_time.at("x_mm")[i]), 1e-6);
  const auto displacement = read_csv(read_text(folder / "report_displacement.csv"));
  for (size_t i = 0; i < displacement.at("lag_s").size(); ++i) {
    const double way = 125 * std::stod(displacement.at("lag_s")[i]);
    EXPECT_NEAR(std::stod(displacement.at("displacement_mm2")[i]), way * way, 1e-4 * way * way);
  }
}

TEST(ReportTables, AreAllThereWhateverTheRun) {
  for (const int64_t frames : {0, 1, 30}) {
    const TemporaryFolder folder;
    write_run(folder, "px", frames);
    std::set<std::string> names;
    for (const std::string& name : report_table_names()) {
      EXPECT_TRUE(names.insert(name).second);
      read_csv(with_plain_classes(read_text(folder / name)));
    }
    EXPECT_EQ(names.size(), 12u);
  }
}

}  // namespace
}  // namespace flashcell::host
