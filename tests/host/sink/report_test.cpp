#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/base64.hpp"
#include "base/page/chart.hpp"
#include "base/text.hpp"
#include "host/sink/report/page.hpp"
#include "host/sink/report/tables.hpp"
#include "host/sink/report_sink.hpp"
#include "host/sink/summary_sink.hpp"
#include "tests/host/sink/support.hpp"
#include "tests/support/html_page.hpp"
#include "tests/support/json.hpp"

namespace flashcell::host {
namespace {

using test::blank_result;
using test::OwnedResult;
using test::read_text;
using test::row_at;
using test::TemporaryFolder;
using test::without;

size_t count_of(const std::string& text, const std::string& what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + what.size())) ++n;
  return n;
}

// `tracks` circling objects in a 512x384 scene, all of them in every frame.
std::string make_report(const std::filesystem::path& path, RunInfo run, int64_t frames, uint32_t tracks) {
  RunSummary summary;
  summary.stages.emplace_back("segment and label");
  summary.stages.emplace_back("track");
  summary.stages.emplace_back("frame to result");
  const std::unique_ptr<Sink> sink = make_report_sink(
      [&](const std::string& name) { return name == "report.html" ? path : path.parent_path() / name; });
  run.source.width = 512;
  run.source.height = 384;
  test::SinkRun sinks({sink.get()}, run);
  OwnedResult result = blank_result(0, 512, 384, 120);
  result.table.objects.assign(tracks, {});
  uint64_t noise = 1;
  for (int64_t f = 0; f < frames; ++f) {
    result.frame.number = f;
    result.rows.clear();
    for (uint32_t id = 1; id <= tracks; ++id) {
      const double phase = 0.7 * id + 0.004 * static_cast<double>(f), radius = 20 + 150.0 * id / tracks;
      result.rows.push_back(row_at(f, id, 256 + radius * std::cos(phase), 192 + radius * std::sin(phase)));
      result.rows.back().vx = -radius * 8 * std::sin(phase);
      result.rows.back().vy = radius * 8 * std::cos(phase);
      result.rows.back().class_id = static_cast<int>(id % 3) - 1;
    }
    noise = noise * 6364136223846793005u + 1442695040888963407u;
    const int64_t segment = 40000 + static_cast<int64_t>(noise >> 50), track = 9000 + static_cast<int64_t>(noise >> 53);
    summary.stages[0].record(f, segment);
    summary.stages[1].record(f, track);
    summary.stages[2].record(f, segment + track + 5000 + (f % 997 == 0 ? 900000 : 0));
    contract::FrameSummary found;
    found.objects = tracks;
    summary.count_objects(found, {});
    sinks.write(result);
  }
  summary.tracks = tracks;
  summary.wall_s = static_cast<double>(frames) * 1e-4;
  sinks.finish(summary);
  return read_text(path);
}

void expect_self_contained(const std::string& page) {
  const std::string text = test::expect_own_page(page);
  const std::vector<std::string> tables = report_table_names();
  static const std::regex link(R"re(href="([^"#][^"]*)")re");
  for (std::sregex_iterator at(text.begin(), text.end(), link), last; at != last; ++at) {
    const std::string target = (*at)[1].str();
    if (target.rfind("data:", 0) == 0) continue;
    EXPECT_NE(std::find(tables.begin(), tables.end(), target), tables.end()) << target;
  }
}

// Where $FLASHCELL_KEEP names a folder the pages stay there, to be looked at.
std::filesystem::path page_path(const TemporaryFolder& folder, const std::string& name) {
  const char* keep = std::getenv("FLASHCELL_KEEP");
  return keep != nullptr ? std::filesystem::path(keep) / name : folder / name;
}

TEST(Report, SaysWhatWasFound) {
  const TemporaryFolder folder;
  RunInfo run = test::small_run();
  run.source.name = "recordings/<b>ants & flies.cine";
  run.classes = {"ant", "fly \"big\""};
  run.world = WorldMap::scaled("mm", 0.02);
  run.config_toml = "[track]\nmotion = \"constant_velocity\" # <default>\nlost_ms = 100\n";
  run.command = "flashcell track 'ants & flies.cine' -o out";
  const std::string page = make_report(page_path(folder, "report.html"), run, 3000, 12);
  expect_self_contained(page);
  for (const char* text : {
           "<h1>&lt;b&gt;ants &amp; flies.cine</h1>",
           "512 × 384 px",
           "2,000 frames/s",
           "1 px = 0.02 mm",
           "<b>12</b><span>tracks</span>",
           "<b>3,000</b><span>frames processed</span>",
           "fly &quot;big&quot;",
           "# &lt;default&gt;",
           "flashcell track &#39;ants &amp; flies.cine&#39; -o out",
           "mean speed [mm/s]",
           "P99.9 ",
           "max speed [mm/s]",
           "seen [%]",
           "mean squared displacement [mm²]",
           "<use href=\"#picture\"/>",
           "href=\"report_displacement.csv\"",
           ">2 mm</text>",
           "segment and label",
           "data:image/png;base64,iVBOR",
           "Mean of 4 frames a point",
           "<title>track 12, frames 0 to 2999",
       }) {
    EXPECT_NE(page.find(text), std::string::npos) << text;
  }
  EXPECT_EQ(page.find("<b>ants"), std::string::npos);
  EXPECT_EQ(count_of(page, "<title>track "), 12u);
  EXPECT_EQ(count_of(page, "<tr><td><i"), 12u);
}

TEST(Report, WarnsOnTop) {
  const TemporaryFolder folder;
  const std::string sound = make_report(folder / "sound.html", test::small_run(), 50, 2);
  EXPECT_EQ(sound.find("class=\"warnings\""), std::string::npos);
  RunSummary summary;
  summary.count_objects({.objects = 3, .lost = 7}, {});
  ReportData data(test::small_run());
  const std::string page = report_page(test::small_run(), summary, data);
  const size_t box = page.find("class=\"warnings\""), after = page.find("class=\"figures\"");
  ASSERT_NE(box, std::string::npos);
  EXPECT_LT(box, after);
  EXPECT_NE(page.find("7 objects did not fit"), std::string::npos);
  EXPECT_NE(page.find("--label.max_objects"), std::string::npos);
}

TEST(Report, SaysHowObjectsMove) {
  const TemporaryFolder folder;
  // Circles of 0.004 rad a frame: straight for a while.
  const std::string page = make_report(folder / "report.html", test::small_run(), 400, 5);
  std::smatch exponent;
  ASSERT_TRUE(std::regex_search(page, exponent, std::regex(R"(exponent (\d\.\d\d))")));
  EXPECT_GT(std::stod(exponent[1].str()), 1.9);
  EXPECT_NE(page.find(">x [px]<"), std::string::npos);
  EXPECT_NE(page.find(">speed [px/s]<"), std::string::npos);
  EXPECT_NE(page.find("id=\"pick-4\""), std::string::npos);
  EXPECT_EQ(page.find("id=\"pick-5\""), std::string::npos);
  EXPECT_EQ(count_of(page, "class=\"seen\" x="), 5u) << "one stretch a track";
}

TEST(Report, ManyTracksAreCappedAndItSaysSo) {
  const TemporaryFolder folder;
  const std::string page = make_report(page_path(folder, "many.html"), test::small_run(), 60, 5000);
  expect_self_contained(page);
  EXPECT_EQ(count_of(page, "<tr><td><i"), kMostTableRows);
  EXPECT_EQ(count_of(page, "<title>track "), kMostDrawnPaths);
  EXPECT_NE(page.find("The 300 longest of 5,000 tracks"), std::string::npos);
  EXPECT_NE(page.find("The 2,000 longest of 5,000 tracks"), std::string::npos);
  EXPECT_LT(page.size(), 4000000u);
}

TEST(Report, LongRunsAreDecimated) {
  const TemporaryFolder folder;
  const std::string page = make_report(page_path(folder, "long.html"), test::small_run(), 100000, 3);
  expect_self_contained(page);
  EXPECT_LT(page.size(), 300000u);
  EXPECT_NE(page.find("Mean of 128 frames a point"), std::string::npos);
}

TEST(Report, OneFrameAndNoFrame) {
  const TemporaryFolder folder;
  RunInfo run = test::small_run();
  expect_self_contained(make_report(page_path(folder, "one.html"), run, 1, 1));
  const std::string no_tracks = make_report(page_path(folder, "no_tracks.html"), run, 40, 0);
  expect_self_contained(no_tracks);
  EXPECT_NE(no_tracks.find("no object was tracked"), std::string::npos);
  const std::string none = make_report(page_path(folder, "none.html"), run, 0, 0);
  expect_self_contained(none);
  EXPECT_NE(none.find("The recording held no frame."), std::string::npos);
  run.fps = 0;
  EXPECT_NE(make_report(page_path(folder, "no_rate.html"), run, 5, 2).find(">frame</text>"), std::string::npos);
}

TEST(ReportText, NumbersForPeople) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(0.12345), "0.123");
  EXPECT_EQ(short_number(12.345), "12.3");
  EXPECT_EQ(short_number(999.4), "999");
  EXPECT_EQ(short_number(1234567.8), "1,234,568");
  EXPECT_EQ(short_number(-1234), "-1,234");
  EXPECT_EQ(short_duration(820), "820 ns");
  EXPECT_EQ(short_duration(12345), "12.3 µs");
  EXPECT_EQ(short_duration(1.5e9), "1.5 s");
  EXPECT_EQ(markup_escape("<a href='x'>&\"\x01"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
  const std::string text = "Man is";
  EXPECT_EQ(base64(reinterpret_cast<const uint8_t*>(text.data()), 6), "TWFuIGlz");
  EXPECT_EQ(base64(reinterpret_cast<const uint8_t*>(text.data()), 5), "TWFuIGk=");
  EXPECT_EQ(base64(reinterpret_cast<const uint8_t*>(text.data()), 4), "TWFuIA==");
}

TEST(Summary, HoldsEveryFigure) {
  const TemporaryFolder folder;
  RunSummary summary;
  const std::unique_ptr<Sink> sink = make_summary_sink(folder / "summary.json");
  RunInfo run = test::small_run();
  run.source.name = "not utf-8 \xff.cine";
  test::SinkRun sinks({sink.get()}, run);
  contract::FrameSummary found;
  found.objects = 4;
  found.lost = 1;
  found.too_small = 2;
  found.largest_too_small = 7;
  found.foreground = 300;
  found.outside = 100;
  summary.count_objects(found, {});
  found = {};
  found.objects = 2;
  found.too_large = 3;
  found.smallest_too_large = 900;
  summary.count_objects(found, {});
  summary.dropped = {{"input queue full", 3}, {"gap in the recording", 4}};
  summary.rows = 6;
  summary.tracks = 4;
  summary.wall_s = 0.5;
  summary.stages.emplace_back("track");
  for (int i = 1; i <= 1000; ++i) summary.stages[0].record(i, i);
  sinks.finish(summary);
  const auto json = test::parse_json(read_text(folder / "summary.json"));
  EXPECT_EQ(json.at("frames"), 2);
  EXPECT_EQ(json.at("frames_dropped"), 7);
  EXPECT_EQ(json.at("frames_dropped_by_cause").at("gap in the recording"), 4);
  EXPECT_EQ(json.at("objects_per_frame").at("mean"), 3.0);
  EXPECT_EQ(json.at("objects_lost"), 1);
  EXPECT_EQ(json.at("objects_too_small"), 2);
  EXPECT_EQ(json.at("objects_too_large"), 3);
  EXPECT_EQ(json.at("foreground_pixels"), 300);
  EXPECT_EQ(json.at("foreground_pixels_outside"), 100);
  EXPECT_EQ(json.at("left_out"),
            "left out: 2 objects below label.min_area (the largest of a frame typically 7 px), 3 objects above "
            "label.max_area (the smallest of a frame typically 896 px), 1 object beyond label.max_objects, 25.0 % of "
            "the foreground, outside the regions");
  EXPECT_EQ(json.at("frames_per_s"), 4.0);
  EXPECT_EQ(json.at("frames_per_s_without_outputs"), 0.0) << "no outputs were timed";
  EXPECT_EQ(json.at("latency").at("track").at("p99_ns"), 990);
  EXPECT_EQ(json.at("latency").at("track").at("max_ns"), 1000);
}

}  // namespace
}  // namespace flashcell::host
