// The Cell Tracking Challenge's folders: what is read, what is refused, what is measured.
#include "host/eval/cell_tracking.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <sstream>
#include <string>

#include "base/error.hpp"
#include "host/eval/evaluate.hpp"
#include "host/eval/lineage_text.hpp"
#include "host/eval/text_fields.hpp"
#include "tests/support/folders.hpp"
#include "tests/support/json.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct Square {
  int label, x, y, side;
};

class CellTrackingFolders : public testing::Test {
 protected:
  CellTrackingFolders() {
    const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::temp_directory_path() / (std::string("flashcell_") + test->name() + std::to_string(::getpid()));
    fs::create_directories(folder_ / "01_GT/TRA");
    fs::create_directories(folder_ / "01_GT/SEG");
    fs::create_directories(folder_ / "01_RES");
  }
  ~CellTrackingFolders() override { fs::remove_all(folder_); }

  void image(const std::string& name, const std::vector<Square>& squares, int width = 40) const {
    cv::Mat pixels = cv::Mat::zeros(30, width, CV_16UC1);
    for (const Square& s : squares) pixels(cv::Rect(s.x, s.y, s.side, s.side)) = s.label;
    cv::imwrite((folder_ / name).string(), pixels);
  }
  void text(const std::string& name, const std::string& lines) const { std::ofstream(folder_ / name) << lines; }

  /// One object that moves by a pixel in two frames, found with a margin of a pixel in the second.
  void write_scene() const {
    image("01_GT/TRA/man_track000.tif", {{1, 10, 10, 4}});
    image("01_GT/TRA/man_track001.tif", {{1, 11, 10, 4}});
    image("01_GT/SEG/man_seg001.tif", {{7, 11, 10, 4}});
    text("01_GT/TRA/man_track.txt", "1 0 1 0\n");
    image("01_RES/mask000.tif", {{300, 10, 10, 4}});
    image("01_RES/mask001.tif", {{300, 10, 9, 6}});
    text("01_RES/res_track.txt", "300 0 1 0\n");
  }

  CellTrackingScores score(int64_t frames = 0) const {
    return score_label_folders((folder_ / "01_GT").string(), (folder_ / "01_RES").string(), frames);
  }
  std::string error(int64_t frames = 0) const {
    try {
      score(frames);
    } catch (const Error& e) {
      EXPECT_EQ(e.fault(), Fault::input);
      return e.what();
    }
    return "none";
  }

  fs::path folder_;
};

TEST_F(CellTrackingFolders, MeasuresOfASmallSequence) {
  write_scene();
  const CellTrackingScores scores = score();
  EXPECT_DOUBLE_EQ(scores.seg.value(), 16.0 / 36);
  EXPECT_EQ(scores.det, 1);
  EXPECT_EQ(scores.tra, 1);
  EXPECT_EQ(scores.errors.reference_edges, 1);

  EvalOptions options;
  options.pairs = {{(folder_ / "01_GT").string(), (folder_ / "01_RES").string()}};
  std::ostringstream table, json;
  eval_command(options, table);
  EXPECT_THAT(table.str(), HasSubstr("Cell Tracking Challenge"));
  EXPECT_THAT(table.str(), HasSubstr("0.4444  1.0000  1.0000"));
  options.json = true;
  eval_command(options, json);
  EXPECT_EQ(test::parse_json(json.str())["OVERALL"]["cell_tracking"]["TRA"], 1.0);
}

TEST_F(CellTrackingFolders, WithoutTextsOrOutlinesTheirMeasuresAreLeftOut) {
  write_scene();
  fs::remove(folder_ / "01_RES/res_track.txt");
  fs::remove_all(folder_ / "01_GT/SEG");
  EXPECT_FALSE(score().tra);
  EXPECT_FALSE(score().seg);
  EXPECT_EQ(score().det, 1);
  const CellTrackingScores both[] = {score(), {0.5, 0.5, 0.5, {}}};
  EXPECT_FALSE(combine(both).tra);
  EXPECT_DOUBLE_EQ(combine(both).det, 0.75);
}

TEST_F(CellTrackingFolders, ContradictionsAreNamed) {
  write_scene();
  text("01_RES/res_track.txt", "300 0 0 0\n");
  EXPECT_THAT(error(), HasSubstr("res_track.txt: lacks label 300, which the image of frame 1 shows"));
  text("01_RES/res_track.txt", "300 0 1 0\n5 0 0 0\n");
  EXPECT_THAT(error(), HasSubstr("track 5 is not in the image of frame 0"));
  text("01_RES/res_track.txt", "300 0 1 4\n");
  EXPECT_THAT(error(), HasSubstr("its parent is no track that has ended by then"));
  text("01_RES/res_track.txt", "300 0 1 0\n");
  image("01_RES/mask001.tif", {{300, 10, 9, 6}}, 41);
  EXPECT_THAT(error(), HasSubstr("mask001.tif: is 41x30 px, the ground truth 40x30"));
  fs::remove(folder_ / "01_RES/mask001.tif");
  EXPECT_THAT(error(), HasSubstr("01_RES: no label image of frame 1"));
  text("01_RES/mask001.tif", "no picture");
  EXPECT_THAT(error(), HasSubstr("mask001.tif: "));
}

TEST_F(CellTrackingFolders, AResultMayBeLongerOnlyWhereThatIsSaid) {
  write_scene();
  image("01_RES/mask002.tif", {{300, 10, 9, 6}});
  text("01_RES/res_track.txt", "300 0 2 0\n");
  EXPECT_THAT(error(), HasSubstr("mask002.tif: the ground truth ends with frame 1; --frames 2 leaves out the rest"));
  EXPECT_EQ(score(2).tra, 1);
  EXPECT_EQ(score(1).errors.reference_edges, 0);
  EXPECT_FALSE(score(1).seg);
}

TEST_F(CellTrackingFolders, ATruthThatShowsNothingIsRefused) {
  write_scene();
  image("01_GT/TRA/man_track000.tif", {});
  image("01_GT/TRA/man_track001.tif", {});
  EXPECT_THAT(error(), HasSubstr("show no reference object"));
}

std::string lineage_error(const std::string& text) {
  try {
    parse_lineage(text, "t");
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(LineageText, FourNumbersALine) {
  const auto tracks = parse_lineage("1 0 5 0\r\n\n2\t6 7\t1\n", "t");
  ASSERT_EQ(tracks.size(), 2u);
  EXPECT_EQ(tracks[1].label, 2);
  EXPECT_EQ(tracks[1].first, 6);
  EXPECT_EQ(tracks[1].last, 7);
  EXPECT_EQ(tracks[1].parent, 1);
  EXPECT_THAT(lineage_error("1 0 5 0\n1 2 3\n"), HasSubstr("t:2: expected four numbers"));
  EXPECT_THAT(lineage_error("1 2 3 4 5\n"), HasSubstr("t:1: expected four numbers"));
  EXPECT_THAT(lineage_error("65536 0 5 0\n"), HasSubstr("label '65536' is not a whole number from 1 to 65535"));
  EXPECT_THAT(lineage_error("1 -1 5 0\n"), HasSubstr("first frame '-1'"));
  EXPECT_THAT(lineage_error("1 6 5 0\n"), HasSubstr("the track ends before it begins"));
}

/// A real sequence in the challenge's layout, whose tracks have gaps: against itself, and against a result with errors.
TEST_F(CellTrackingFolders, ARealSequence) {
  const fs::path archive = test::data_dir() / "particles/ctc_style_test_0.tar.gz";
  FLASHCELL_NEEDS_FILE(archive);
  ASSERT_EQ(std::system(("tar xzf '" + archive.string() + "' -C '" + folder_.string() + "'").c_str()), 0);
  const fs::path truth = folder_ / "test_0_GT", result = folder_ / "01_RES";
  for (const fs::directory_entry& entry : fs::directory_iterator(truth / "TRA")) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".tif") fs::copy(entry.path(), result / ("mask" + name.substr(6)));
  }
  fs::copy(truth / "TRA/man_track.txt", result / "res_track.txt");
  const CellTrackingScores same = score_label_folders(truth.string(), result.string(), 0);
  EXPECT_EQ(same.tra, 1);
  EXPECT_EQ(same.errors.reference_objects, 224);
  EXPECT_EQ(same.errors.reference_edges, 195);

  // One error of most kinds; the figures are those that py-ctcmetrics 1.3.3 gives for the same images and tracks.
  const auto change = [&](int frame, const auto& alter) {
    const std::string name =
        (result / ("mask00" + std::string(frame < 10 ? "0" : "") + std::to_string(frame) + ".tif"));
    cv::Mat image = cv::imread(name, cv::IMREAD_UNCHANGED);
    alter(image);
    cv::imwrite(name, image);
  };
  const auto relabel = [](cv::Mat& image, int from, int to) { image.setTo(to, image == from); };
  change(10, [&](cv::Mat& image) { relabel(image, 2, 999), relabel(image, 3, 2), relabel(image, 999, 3); });
  change(3, [&](cv::Mat& image) { relabel(image, 5, 6); });
  for (int frame = 4; frame <= 10; ++frame) change(frame, [&](cv::Mat& image) { relabel(image, 5, 66); });
  change(0, [&](cv::Mat& image) { relabel(image, 7, 0); });
  change(8, [&](cv::Mat& image) { image(cv::Rect(0, 0, 10, 10)) = 99; });
  std::string tracks = read_text((truth / "TRA/man_track.txt").string());
  tracks.replace(tracks.find("\n5 0 10 0\n"), 9, "\n5 0 2 0\n66 4 10 5\n99 8 8 0");
  tracks.replace(tracks.find("\n7 0 10 0\n"), 9, "\n7 1 10 0");
  std::ofstream(result / "res_track.txt") << tracks;
  fs::create_directory_symlink(truth / "TRA", truth / "SEG");
  const CellTrackingScores worse = score_label_folders(truth.string(), result.string(), 0);
  EXPECT_EQ(worse.errors.splits, 1);
  EXPECT_EQ(worse.errors.missed, 1);
  EXPECT_EQ(worse.errors.false_positives, 1);
  EXPECT_EQ(worse.errors.redundant_edges, 3);
  EXPECT_EQ(worse.errors.missing_edges, 7);
  EXPECT_EQ(worse.errors.wrong_edges, 0);
  EXPECT_NEAR(worse.det, 0.9928571428571429, 1e-12);
  EXPECT_NEAR(worse.tra.value(), 0.9883514313919052, 1e-12);
  EXPECT_NEAR(worse.seg.value(), 0.9910714285714286, 1e-12);
}

}  // namespace
}  // namespace flashcell::host
