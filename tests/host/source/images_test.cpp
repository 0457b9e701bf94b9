#include <gmock/gmock.h>

#include <algorithm>
#include <opencv2/imgcodecs.hpp>

#include "host/source/file_names.hpp"
#include "tests/host/source/encoders.hpp"
#include "tests/host/source/support.hpp"

namespace flashcell::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Images : public FilesTest {
 protected:
  static cv::Mat flat(int width, int height, int type, int value) {
    return {height, width, type, cv::Scalar::all(value)};
  }
  void save(const std::string& name, const cv::Mat& image) const { ASSERT_TRUE(cv::imwrite(path(name), image)); }
  static std::vector<int> first_samples(const Recording& recording) {
    std::vector<int> values;
    for (const Recording::Copy& frame : recording.frames) values.push_back(frame.samples.at(0));
    return values;
  }
};

TEST_F(Images, NumbersInNamesCountAsNumbers) {
  std::vector<std::string> names = {"b1", "a10", "a2", "a02", "a", "a2b", "a1"};
  std::sort(names.begin(), names.end(), host::natural_less);
  EXPECT_THAT(names, ElementsAre("a", "a1", "a02", "a2", "a2b", "a10", "b1"));
}

TEST_F(Images, DirectoriesAndGlobsInNaturalOrder) {
  for (const int i : {10, 9, 1}) save("frame" + std::to_string(i) + ".png", flat(5, 4, CV_8UC1, i));
  write("notes.txt", std::string("no image"));
  EXPECT_THAT(first_samples(record(directory_.string())), ElementsAre(1, 9, 10));
  EXPECT_THAT(first_samples(record(path("frame1*.png"))), ElementsAre(1, 10));
  const Recording part = record(directory_.string(), {.start_frame = 1, .frame_limit = 1, .fps = 2000});
  EXPECT_THAT(first_samples(part), ElementsAre(9));
  EXPECT_EQ(part.frames[0].number, 1);
  EXPECT_EQ(part.info.fps, 2000);
  EXPECT_EQ(part.info.frame_count, 1);
}

TEST_F(Images, FormatsAreDeliveredAsTheyAre) {
  cv::Mat grey16 = flat(3, 2, CV_16UC1, 40000);
  save("a16.png", grey16);
  EXPECT_EQ(record(path("a16.png")).info.format, PixelFormat::grey16);
  EXPECT_THAT(first_samples(record(path("a16.png"))), ElementsAre(40000));
  const cv::Mat colour(2, 3, CV_8UC3, cv::Scalar(10, 20, 30));
  save("c.png", colour);
  const Recording bgr = record(path("c.png"));
  EXPECT_EQ(bgr.info.format, PixelFormat::bgr8);
  EXPECT_THAT(std::vector<int>(bgr.frames.at(0).samples.begin(), bgr.frames[0].samples.begin() + 3),
              ElementsAre(10, 20, 30));
  EXPECT_EQ(record(path("c.png"), {.grey = true}).info.format, PixelFormat::grey8);
  save("rgba.png", flat(3, 2, CV_8UC4, 77));
  EXPECT_EQ(record(path("rgba.png")).info.format, PixelFormat::bgr8);
  save("float.tif", flat(3, 2, CV_32FC1, 1));
  EXPECT_THAT(refusal(path("float.tif")), HasSubstr("16-bit grey are supported"));
}

TEST_F(Images, EveryPageOfATiff) {
  std::vector<cv::Mat> pages;
  for (int i = 0; i < 70; ++i) pages.push_back(flat(6, 5, CV_16UC1, 1000 + i));
  ASSERT_TRUE(cv::imwrite(path("stack.tif"), pages));
  const Recording recording = record(path("stack.tif"));
  EXPECT_EQ(recording.error, "");
  EXPECT_EQ(recording.info.frame_count, 70);
  const std::vector<int> values = first_samples(recording);
  ASSERT_EQ(values.size(), 70u);
  for (int i = 0; i < 70; ++i) EXPECT_EQ(values[static_cast<size_t>(i)], 1000 + i);
  EXPECT_THAT(first_samples(record(path("stack.tif"), {.start_frame = 68})), ElementsAre(1068, 1069));
}

TEST_F(Images, ImagesOfAnotherSizeOrBrokenAreLeftOutAndTold) {
  for (int i = 0; i < 5; ++i) save(std::to_string(i) + ".png", flat(i == 1 ? 9 : 5, 4, CV_8UC1, i));
  write("3.png", std::string("broken"));
  const Recording recording = record(directory_.string());
  EXPECT_THAT(first_samples(recording), ElementsAre(0, 2, 4));
  EXPECT_EQ(recording.frames[1].number, 2);
  EXPECT_THAT(recording.error, HasSubstr("2 of 5 images were left out; the first: frame 1"));
  EXPECT_THAT(recording.error, HasSubstr("9x4 px instead of 5x4"));
}

TEST_F(Images, FilesCutShortAreLeftOut) {
  cv::Mat noise(40, 50, CV_8UC1);
  cv::RNG(7).fill(noise, cv::RNG::UNIFORM, 0, 256);
  for (const char* extension : {".png", ".jpg", ".bmp", ".tif"}) {
    SCOPED_TRACE(extension);
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    for (const char* stem : {"a", "b", "c"}) save(std::string(stem) + extension, noise);
    EXPECT_EQ(record(directory_.string()).error, "");
    Bytes cut = read(path(std::string("b") + extension));
    cut.resize(cut.size() * 9 / 10);
    write(std::string("b") + extension, cut);
    const Recording recording = record(directory_.string());
    EXPECT_EQ(recording.frames.size(), 2u);
    EXPECT_THAT(recording.error, HasSubstr("1 of 3 images were left out; the first: frame 1"));
  }
}

TEST_F(Images, ATiffCutShortGivesItsWholePagesThenAnError) {
  cv::Mat noise(20, 30, CV_16UC1);
  cv::RNG(7).fill(noise, cv::RNG::UNIFORM, 0, 65536);
  ASSERT_TRUE(cv::imwrite(path("stack.tif"), std::vector<cv::Mat>(10, noise)));
  const Bytes whole = read(path("stack.tif"));
  for (const int percent : {95, 60, 30}) {
    const Recording recording = record(write(
        "cut.tif", Bytes(whole.begin(),
                         whole.begin() + static_cast<ptrdiff_t>(whole.size() * static_cast<size_t>(percent) / 100))));
    EXPECT_GE(recording.frames.size(), static_cast<size_t>(percent / 10 - 2));
    EXPECT_LT(recording.frames.size(), 10u);
    for (const Recording::Copy& frame : recording.frames) EXPECT_EQ(frame.samples, recording.frames[0].samples);
    EXPECT_THAT(recording.error,
                HasSubstr("images were left out; the first: frame " + std::to_string(recording.frames.size())));
  }
}

TEST_F(Images, FoldersWithoutImages) {
  EXPECT_THAT(refusal(directory_.string()), HasSubstr("holds no images"));
  EXPECT_THAT(refusal(path("*.png")), HasSubstr("holds no images"));
  write("a.png", std::string("broken"));
  EXPECT_THAT(refusal(path("a.png")), HasSubstr("cannot be read as an image"));
  save("b.bmp", flat(2, 2, CV_8UC1, 1));
  EXPECT_THAT(refusal(path("b.bmp"), {.start_frame = 1}, Fault::usage), HasSubstr("start frame 1"));
}

}  // namespace
}  // namespace flashcell::test
