// What other trackers, challenges and annotators write, read as tracks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <set>
#include <sstream>
#include <string>

#include "base/error.hpp"
#include "host/eval/evaluate.hpp"
#include "host/eval/read_tracks.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

struct Place {
  int64_t frame, id;
  double x, y;
  bool operator==(const Place&) const = default;
};

void PrintTo(const Place& p, std::ostream* out) {
  *out << p.frame << ' ' << p.id << ' ' << p.x << ' ' << p.y;
}

std::vector<Place> places(const ObjectList& list) {
  std::vector<Place> result;
  for (const tracking::LabelledObject& o : list.objects) result.push_back({o.frame, o.id, o.x, o.y});
  return result;
}

std::vector<Place> parsed(const std::string& text) {
  return places(parse_tracks(text, "a", {}));
}

std::string error_of(const std::string& text) {
  try {
    parse_tracks(text, "a", {});
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::input);
    return error.what();
  }
  return "none";
}

TEST(TrackFormats, IdTrackersTableHasARowAFrame) {
  EXPECT_THAT(parsed("X1\tY1\tProbId1\tX2\tY2\tProbId2\t\n1.5\t2\tNaN\tNaN\tNaN\tNaN\t\n3\t4\t1\t5\t6\t0.9\t\n"),
              testing::ElementsAre(Place{1, 1, 1.5, 2}, Place{2, 1, 3, 4}, Place{2, 2, 5, 6}));
  EXPECT_THAT(error_of("X1\tY1\tProbId1\n1\tx\t1\n"), HasSubstr("a:2: 'x' is not a finite number"));
  EXPECT_THAT(error_of("X1\tY1\tProbId1\n1\n"), HasSubstr("a:2: expected 3 fields, found 1"));
}

TEST(TrackFormats, ToxTracsTracksAreNumberedOverItsArenas) {
  EXPECT_THAT(parsed("0\t0\t1\t5\t6\t1\r\n0\t1\t1\t7\t8\t1\r\n4\t0\t1\t9\t9\t1\r\n"),
              testing::ElementsAre(Place{1, 1, 5, 6}, Place{1, 2, 7, 8}, Place{5, 1, 9, 9}));
  EXPECT_THAT(error_of("0\t0\t1\t5\t6\t1\n-1\t0\t1\t5\t6\t1\n"), HasSubstr("a:2: frame '-1'"));
}

TEST(TrackFormats, TracktorNamesAnimalsByLetters) {
  EXPECT_THAT(parsed(",frame,pos_x,pos_y,id\n0,3.0,1.5,2.5,A\n1,3.0,7,8,B\n2,4.0,1,2,A\n"),
              testing::ElementsAre(Place{3, 1, 1.5, 2.5}, Place{3, 2, 7, 8}, Place{4, 1, 1, 2}));
  EXPECT_THAT(error_of("frame,pos_x,id\n1,2,A\n"), HasSubstr("a:1: the header lacks the column pos_y"));
}

TEST(TrackFormats, ParticlesOfTheIsbiChallenge) {
  EXPECT_THAT(parsed("<?xml version=\"1.0\"?>\n<root><TrackContestISBI2012 SNR=\"7\">\n"
                     "<particle><detection t=\"0\" x=\"1.5\" y=\"2\" z=\"0\"/></particle>\n"
                     "<particle><detection t=\"4\" x=\"3\" y=\"4\" z=\"0\"/></particle>\n"
                     "</TrackContestISBI2012></root>\n"),
              testing::ElementsAre(Place{1, 1, 1.5, 2}, Place{5, 2, 3, 4}));
  EXPECT_THAT(error_of("<root><TrackContestISBI2012>\n<particle><detection t=\"0\" x=\"1\"/></particle>"
                       "</TrackContestISBI2012></root>"),
              HasSubstr("a:2: <detection>: has no y"));
  EXPECT_THAT(error_of("<root>\n"), HasSubstr("is no valid XML"));
  EXPECT_THAT(error_of("<svg/>\n"), HasSubstr("a:1: <svg>: expected particles of the ISBI challenge"));
}

TEST(TrackFormats, TrackMatesSpotsAreJoinedByItsEdgesInPixels) {
  const std::string spots =
      "<TrackMate><Model><AllSpots>"
      "<SpotsInFrame frame=\"0\"><Spot ID=\"1\" FRAME=\"0\" POSITION_X=\"2\" POSITION_Y=\"3\"/>"
      "<Spot ID=\"9\" FRAME=\"0\" POSITION_X=\"20\" POSITION_Y=\"30\"/></SpotsInFrame>"
      "<SpotsInFrame frame=\"1\"><Spot ID=\"2\" FRAME=\"1\" POSITION_X=\"4\" POSITION_Y=\"5\"/>"
      "<Spot ID=\"3\" FRAME=\"1\" POSITION_X=\"6\" POSITION_Y=\"5\"/></SpotsInFrame></AllSpots><AllTracks><Track>"
      "<Edge SPOT_SOURCE_ID=\"1\" SPOT_TARGET_ID=\"2\"/><Edge SPOT_SOURCE_ID=\"1\" SPOT_TARGET_ID=\"3\"/>"
      "</Track></AllTracks></Model>";
  EXPECT_THAT(parsed(spots + "<Settings><ImageData pixelwidth=\"0.5\" pixelheight=\"2\"/></Settings></TrackMate>"),
              testing::ElementsAre(Place{1, 1, 4, 1.5}, Place{2, 1, 8, 2.5}));
  EXPECT_THAT(error_of(spots + "<Settings><ImageData pixelwidth=\"0\"/></Settings></TrackMate>"),
              HasSubstr("<ImageData>: pixelwidth is not above 0"));
}

TEST(TrackFormats, LabelImagesGiveBoxesAndCentroids) {
  const fs::path folder = fs::temp_directory_path() / ("label_images_" + std::to_string(::getpid()));
  fs::create_directories(folder / "TRA");
  cv::Mat image = cv::Mat::zeros(20, 30, CV_16UC1);
  image(cv::Rect(3, 4, 5, 2)) = 300;
  image(cv::Rect(20, 10, 1, 1)) = 2;
  cv::imwrite((folder / "TRA/man_track007.tif").string(), image);
  const ObjectList list = read_tracks(folder.string(), {});
  EXPECT_THAT(places(list), testing::ElementsAre(Place{8, 2, 20, 10}, Place{8, 300, 5, 4.5}));
  EXPECT_EQ(list.objects[1].box.left, 3);
  EXPECT_EQ(list.objects[1].box.width, 5);
  EXPECT_EQ(list.objects[1].box.height, 2);
  cv::imwrite((folder / "TRA/man_track_7.tif").string(), image);
  EXPECT_THROW(read_tracks(folder.string(), {}), Error);
  fs::remove(folder / "TRA/man_track_7.tif");
  // Beside images with the challenge's names others do not count.
  cv::imwrite((folder / "TRA/heat_map_8.png").string(), image);
  EXPECT_EQ(read_tracks(folder.string(), {}).objects.size(), 2u);
  fs::remove_all(folder);
}

std::set<int64_t> ids(const ObjectList& list) {
  std::set<int64_t> result;
  for (const tracking::LabelledObject& o : list.objects) result.insert(o.id);
  return result;
}

TEST(TrackFormats, RealFilesOfOtherTrackers) {
  FLASHCELL_NEEDS_DATA("video/tracktor_spider_idtracker.txt");
  const fs::path folder = test::data_dir() / "video";
  const ObjectList idtracker = read_tracks((folder / "tracktor_spider_idtracker.txt").string(), {});
  EXPECT_EQ(ids(idtracker).size(), 2u);
  EXPECT_EQ(idtracker.objects.back().frame, 2351);
  EXPECT_EQ(ids(read_tracks((folder / "tracktor_spider_toxtrac.txt").string(), {})).size(), 16u);
  const ObjectList tracktor = read_tracks((folder / "tracktor_spider_tracked.csv").string(), {});
  EXPECT_EQ(ids(tracktor).size(), 2u);
  EXPECT_EQ(tracktor.objects.size(), 4700u);
}

TEST(Evaluate, ATruthFromAnotherCornerIsToldAndMoved) {
  FLASHCELL_NEEDS_DATA("video/tracktor_spider_toxtrac.txt");
  const fs::path folder = test::data_dir() / "video";
  EvalOptions options;
  options.pairs = {
      {(folder / "tracktor_spider_toxtrac.txt").string(), (folder / "tracktor_spider_tracked.csv").string()}};
  options.points = true;
  options.max_distance = 20;
  options.frames = 2202;
  const EvalResult beside = evaluate(options);
  const auto& shift = beside.sequences.at(0).shift;
  ASSERT_TRUE(shift);
  EXPECT_NEAR(shift->x, 72, 0.5);
  EXPECT_NEAR(shift->y, 0.5, 0.5);
  EXPECT_LT(shift->spread, 1);
  EXPECT_EQ(beside.overall.identity.tp, 0);
  std::ostringstream told;
  print_table(beside, told);
  EXPECT_THAT(told.str(), AllOf(HasSubstr("px left of the tracks"), HasSubstr("--truth-shift 71.9,0.5")));
  EXPECT_THAT(to_json(beside).dump(), HasSubstr("constant_shift"));

  options.shift_x = shift->x;
  options.shift_y = shift->y;
  const EvalResult moved = evaluate(options);
  EXPECT_FALSE(moved.sequences.at(0).shift);
  EXPECT_GT(moved.overall.clear.tp, 1600);
  std::swap(options.pairs[0].truth, options.pairs[0].tracks);
  options.shift_x = options.shift_y = 0;
  const EvalResult turned = evaluate(options);
  ASSERT_TRUE(turned.sequences.at(0).shift);
  EXPECT_NEAR(turned.sequences.at(0).shift->x, -shift->x, 0.1);
}

TEST(Evaluate, BoxesBesideTheTruthAreToldToo) {
  const fs::path folder = fs::temp_directory_path() / ("boxes_beside_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  std::ofstream truth(folder / "truth.txt"), tracks(folder / "tracks.txt");
  for (int frame = 1; frame <= 40; ++frame) {
    truth << frame << ",1," << 3 * frame << ",50,20,30,1\n";
    tracks << frame << ",8," << 3 * frame + 40 << ",45,20,30,1\n";
  }
  truth.close();
  tracks.close();
  EvalOptions options;
  options.pairs = {{(folder / "truth.txt").string(), (folder / "tracks.txt").string()}};
  const EvalResult beside = evaluate(options);
  ASSERT_TRUE(beside.sequences.at(0).shift);
  EXPECT_EQ(beside.sequences.at(0).shift->x, 40);
  options.shift_x = 40;
  options.shift_y = -5;
  EXPECT_EQ(evaluate(options).overall.clear.mota, 1);
  fs::remove_all(folder);
}

TEST(Evaluate, TracksOfAnExcerptAreTold) {
  const fs::path folder = fs::temp_directory_path() / ("excerpt_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const auto write = [&](const char* name, int first, int last) {
    std::ofstream file(folder / name);
    for (int frame = first; frame <= last; ++frame) file << frame << ",1," << 3 * frame << ",50,20,30,1\n";
    return (folder / name).string();
  };
  const auto told = [&](int first, int last) {
    EvalOptions options;
    options.pairs = {{write("truth.txt", 1, 100), write("tracks.txt", first, last)}};
    std::ostringstream out;
    print_table(evaluate(options), out);
    return out.str();
  };
  EXPECT_THAT(told(41, 70), HasSubstr("truth: the tracks are of frames 41 to 70 alone"));
  EXPECT_THAT(told(1, 90), HasSubstr("of frames 1 to 90 alone"));
  EXPECT_THAT(told(5, 95), Not(HasSubstr("alone")));
  fs::remove_all(folder);
}

TEST(Evaluate, ScoresTheFirstFramesAlone) {
  const fs::path truth = fs::temp_directory_path() / ("first_frames_" + std::to_string(::getpid()) + ".txt");
  std::ofstream(truth) << "1,1,10,10,5,5\n2,1,11,10,5,5\n3,1,12,10,5,5\n";
  const fs::path tracks = truth.string() + ".tracks";
  std::ofstream(tracks) << "1,7,10,10,5,5\n2,7,11,10,5,5\n";
  EvalOptions options;
  options.pairs = {{truth.string(), tracks.string()}};
  EXPECT_LT(evaluate(options).overall.clear.mota, 1);
  options.frames = 2;
  EXPECT_EQ(evaluate(options).overall.clear.mota, 1);
  fs::remove(truth);
  fs::remove(tracks);
}

}  // namespace
}  // namespace flashcell::host
