#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.hpp"
#include "host/eval/evaluate.hpp"

namespace flashcell::host {
namespace {

/// The line of the Error(Fault::input) that `action` throws.
template <class Action>
std::string input_error(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::input);
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

std::string mot_error(const std::string& text) {
  return input_error([&] { parse_mot(text, "a.txt"); });
}

TEST(MotText, ReadsRowsWithAndWithoutConfidence) {
  const ObjectList list = parse_mot("1,3,10,20,30,40,0.5,-1,-1,-1\r\n\n 2 , 3 ,1.5,2,3,4\n2,4.0,1,2,3,4,1", "a.txt");
  ASSERT_EQ(list.objects.size(), 3u);
  EXPECT_EQ(list.objects[0].box.left, 10);
  EXPECT_EQ(list.objects[0].x, 25);
  EXPECT_EQ(list.objects[1].frame, 2);
  EXPECT_EQ(list.objects[2].id, 4);
  EXPECT_EQ(list.lines, (std::vector<int64_t>{1, 3, 4}));
}

TEST(MotText, NamesFileAndLineOfWhatIsWrong) {
  EXPECT_EQ(mot_error("1,1,1,1,1,1\n1,2,3\n"), "a.txt:2: expected frame,id,left,top,width,height, found 3 field(s)");
  EXPECT_EQ(mot_error("0,1,1,1,1,1\n"), "a.txt:1: frame '0' is not a whole number from 1 to 1000000000");
  EXPECT_EQ(mot_error("1.5,1,1,1,1,1\n"), "a.txt:1: frame '1.5' is not a whole number from 1 to 1000000000");
  EXPECT_EQ(mot_error("1e300,1,1,1,1,1\n"), "a.txt:1: frame '1e300' is not a whole number from 1 to 1000000000");
  EXPECT_EQ(mot_error("1,x,1,1,1,1\n"), "a.txt:1: id 'x' is not a whole number");
  EXPECT_EQ(mot_error("1,1,nan,1,1,1\n"), "a.txt:1: left 'nan' is not a finite number");
  EXPECT_EQ(mot_error("1,1,1,inf,1,1\n"), "a.txt:1: top 'inf' is not a finite number");
  EXPECT_EQ(mot_error("1,1,1,1,1,1,\n"), "a.txt:1: conf '' is not a finite number");
  EXPECT_EQ(mot_error("1,1,1e200,1,1,1\n"), "a.txt:1: left '1e200' is beyond 10000000");
  EXPECT_EQ(mot_error("1,1,1,1,1,1,-2e7\n"), "a.txt:1: conf '-2e7' is beyond 10000000");
  EXPECT_EQ(mot_error("1,1,1,1,1e-200,1\n"), "a.txt:1: the box' width and height must be above 0");
  EXPECT_EQ(mot_error("1,1,1,1,0,1\n"), "a.txt:1: the box' width and height must be above 0");
  EXPECT_EQ(mot_error("1,1,1,1,1,1\n2,1,1,1,1,1\n1,1,5,5,1,1\n"),
            "a.txt:3: id 1 occurs twice in frame 1 (first in line 1)");
}

TEST(MotText, DetectionsAreGroupedByFrameInTheFilesOrder) {
  const auto frames = parse_mot_detections("5,-1,0,0,2,4,0.9\n2,-1,1,1,2,2\n5,-1,9,9,2,2,0.3\n", "d.txt");
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].frame, 2);
  EXPECT_EQ(frames[0].detections[0].confidence, 1);
  ASSERT_EQ(frames[1].detections.size(), 2u);
  EXPECT_EQ(frames[1].detections[0].x, 1);
  EXPECT_EQ(frames[1].detections[0].area, 8);
  EXPECT_FLOAT_EQ(frames[1].detections[1].confidence, 0.3f);
  EXPECT_FALSE(frames[1].detections[1].has_shape);
}

TEST(MotText, DetectionsWithATrackersWorthOfEmptyFramesBetweenAreRefused) {
  const auto error = [](const std::string& text) { return input_error([&] { parse_mot_detections(text, "d.txt"); }); };
  EXPECT_EQ(parse_mot_detections("10000000,-1,1,1,2,2\n20000000,-1,1,1,2,2\n", "d.txt").size(), 2u);
  EXPECT_EQ(error("1,-1,1,1,2,2\n1000000000,-1,1,1,2,2\n"),
            "d.txt:2: frame 1000000000 comes more than 10000000 frames after the one before, 1: is the frame number "
            "right?");
  EXPECT_EQ(error("10000001,-1,1,1,2,2\n"),
            "d.txt:1: frame 10000001 comes more than 10000000 frames after the one before, 0: is the frame number "
            "right?");
}

TEST(TrackCsv, FindsColumnsByNameAndShiftsFrames) {
  const std::string text = "# fps: 2000\n# first_frame: 0\nid,frame,width,height,left,top,speed\n4,0,2,3,10,20,7\n";
  const ObjectList list = parse_track_csv(text, "t.csv", {});
  ASSERT_EQ(list.objects.size(), 1u);
  EXPECT_EQ(list.objects[0].frame, 1);
  EXPECT_EQ(list.objects[0].id, 4);
  EXPECT_EQ(list.objects[0].box.left, 10);
  EXPECT_EQ(list.objects[0].y, 21.5);
  CsvColumns columns;
  columns.first_frame = -2;
  EXPECT_EQ(parse_track_csv(text, "t.csv", columns).objects[0].frame, 3);
}

TEST(TrackCsv, ChoosesAPoint) {
  CsvColumns columns;
  columns.point = "thorax";
  const ObjectList list = parse_track_csv("frame,id,head_x,head_y,thorax_x,thorax_y\n1,2,3,4,5,6\n", "p.csv", columns);
  EXPECT_EQ(list.objects[0].x, 5);
  EXPECT_FALSE(list.has_boxes);
}

TEST(TrackCsv, NamesFileAndLineOfWhatIsWrong) {
  const auto error = [](const std::string& text) { return input_error([&] { parse_track_csv(text, "t.csv", {}); }); };
  EXPECT_EQ(error(""), "t.csv: no header line; expected columns frame,id,x,y");
  EXPECT_EQ(error("frame,x,y\n"), "t.csv:1: the header lacks a column frame or id");
  EXPECT_EQ(
      error("frame,id,head_x,head_y,tail_x,nose_x,nose_y\n"),
      "t.csv:1: the header lacks the columns x and y; name one of its points (eval --truth-point, --tracks-point): "
      "head, nose");
  EXPECT_EQ(error("frame,id,column\n"), "t.csv:1: the header lacks the columns x and y");
  EXPECT_EQ(error("frame,id,x,y\n1,1,2\n"), "t.csv:2: expected 4 fields, found 3");
  EXPECT_EQ(error("frame,id,x,y\n1,1,2,\n"), "t.csv:2: '' is not a finite number");
  EXPECT_EQ(error("frame,id,x,y\n0,1,2,3\n"), "t.csv:2: frame 0 comes before the first, 1");
  EXPECT_EQ(error("frame,id,x,y\n1,1,2,3\n1,1,2,3\n"), "t.csv:3: id 1 occurs twice in frame 1 (first in line 2)");
}

class EvalFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              (std::string("flashcell_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }
  std::filesystem::path folder_;
};

TEST_F(EvalFiles, TracksAfterTheLastFrameAreAnErrorWithTheLine) {
  EvalOptions options;
  const std::string tracks = write("tracks.txt", "1,1,0,0,5,5\n2,1,0,0,5,5\n");
  options.pairs.push_back({write("gt.txt", "1,1,0,0,5,5\n"), tracks});
  EXPECT_EQ(
      input_error([&] { evaluate(options); }),
      tracks + ":2: frame 2 is out of range: the ground truth ends with frame 1; --frames 1 leaves out what is beyond");
}

TEST_F(EvalFiles, MixesMotTruthWithOurCsv) {
  EvalOptions options;
  options.pairs.push_back(
      {write("gt.txt", "1,1,0,0,5,5\n2,1,1,0,5,5\n"),
       write("tracks.csv", "# a comment\nframe,id,left,top,width,height\n1,8,0,0,5,5\n2,8,1,0,5,5\n")});
  const EvalResult result = evaluate(options);
  EXPECT_DOUBLE_EQ(result.overall.clear.mota, 1);
  EXPECT_EQ(result.sequences[0].name, folder_.filename().string());
}

TEST_F(EvalFiles, EmptyTracksScoreZero) {
  EvalOptions options;
  options.pairs.push_back({write("gt.txt", "1,1,0,0,5,5\n"), write("tracks.txt", "")});
  EXPECT_EQ(evaluate(options).overall.clear.fn, 1);
}

TEST_F(EvalFiles, OptionsThatCannotBeAreUsageErrors) {
  const auto fault = [](const EvalOptions& options) {
    try {
      evaluate(options);
    } catch (const Error& error) {
      return error.fault();
    }
    return Fault::bug;
  };
  EvalOptions options;
  EXPECT_EQ(fault(options), Fault::usage);
  const std::string points = write("p.csv", "frame,id,x,y\n1,1,2,3\n");
  options.pairs.push_back({points, points});
  EXPECT_EQ(fault(options), Fault::usage) << "points compared as boxes";
  options.points = true;
  EXPECT_EQ(fault(options), Fault::usage) << "no maximum distance";
  options.max_distance = 5;
  EXPECT_DOUBLE_EQ(evaluate(options).overall.identity.f1, 1);
  options.pairs[0].tracks = (folder_ / "absent").string();
  EXPECT_EQ(fault(options), Fault::input);
}

}  // namespace
}  // namespace flashcell::host
