#include "host/synth/write_scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <sstream>

#include "base/error.hpp"

namespace flashcell::host {
namespace {

namespace fs = std::filesystem;

class SceneFiles : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::temp_directory_path() /
                 ("flashcell_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string text(const std::string& name) const {
    std::ifstream in(directory_ / name, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }

  /// Frame `index` as written, must equal frame `number` of the scene.
  static void expect_equal(const cv::Mat& written, const Scene& scene, int64_t number) {
    const SceneParameters& p = scene.parameters();
    const int type = scene.format() == PixelFormat::bgr8 ? CV_8UC3 : CV_8UC1;
    cv::Mat rendered(p.height, p.width, type);
    scene.render(number, rendered.data, static_cast<ptrdiff_t>(rendered.step));
    cv::Mat same_type = written;
    if (written.type() == CV_8UC3 && type == CV_8UC1) cv::cvtColor(written, same_type, cv::COLOR_BGR2GRAY);
    ASSERT_EQ(same_type.size(), rendered.size());
    EXPECT_EQ(cv::norm(same_type, rendered, cv::NORM_INF), 0) << "frame " << number;
  }

  fs::path directory_;
};

TEST_F(SceneFiles, VideoIsLosslessAndKnowsItsFrameRate) {
  for (const char* colour : {"off", "on"}) {
    const SceneParameters p =
        parse_scene(std::string("synth:discs?size=80x64&objects=3&noise=5&frames=6&fps=2000&colour=") + colour);
    write_scene(p, directory_, SceneFile::video, {});
    cv::VideoCapture video((directory_ / "scene.mov").string());
    EXPECT_EQ(video.get(cv::CAP_PROP_FPS), 2000);
    const Scene scene(p);
    cv::Mat image;
    int64_t frames = 0;
    while (video.read(image)) expect_equal(image, scene, frames++);
    EXPECT_EQ(frames, 6);
  }
}

TEST_F(SceneFiles, ImagesAndRawFramesHoldTheSamePixels) {
  const SceneParameters p = parse_scene("synth:patterns?size=50x40&objects=2&radius=6&frames=3");
  const Scene scene(p);
  write_scene(p, directory_, SceneFile::images, {});
  expect_equal(cv::imread((directory_ / "frames/00000002.png").string(), cv::IMREAD_UNCHANGED), scene, 2);
  write_scene(p, directory_, SceneFile::raw, {});
  std::string raw = text("scene.raw");
  ASSERT_EQ(raw.size(), 3u * 50 * 40 * 3);
  expect_equal(cv::Mat(40, 50, CV_8UC3, raw.data() + 2 * 50 * 40 * 3), scene, 2);
}

TEST_F(SceneFiles, TruthCountsWrittenFramesFromOne) {
  const SceneParameters p = parse_scene("synth:discs?size=64x64&objects=1&frames=40&dropped=0.3&seed=5");
  int64_t calls = 0;
  write_scene(p, directory_, SceneFile::raw, [&](int64_t done, int64_t) { calls = done; });
  const Scene scene(p);
  std::string expected;
  int64_t row = 0;
  for (int64_t frame = 0; frame < 40; ++frame) {
    if (scene.dropped(frame)) continue;
    const TruthObject t = scene.truth(frame).at(0);
    std::ostringstream line;
    line << ++row << ",1," << t.left << "," << t.top << "," << t.right - t.left + 1 << "," << t.bottom - t.top + 1
         << ",1,-1,-1,-1\n";
    expected += line.str();
  }
  EXPECT_LT(row, 40);
  EXPECT_EQ(calls, row);
  EXPECT_EQ(text("gt.txt"), expected);
  EXPECT_THAT(text("truth.csv"),
              testing::HasSubstr("frame,row,id,x,y,left,top,width,height,area,visible,class\n0,1,1,"));
  const std::string spec = text("scene.txt");
  EXPECT_EQ(to_spec(parse_scene(spec.substr(0, spec.find('\n')))), to_spec(p));
}

TEST_F(SceneFiles, AFolderThatCannotBeMadeIsAnInputError) {
  std::ofstream(directory_) << "a file in the way";
  try {
    write_scene(parse_scene("synth:discs?frames=1"), directory_, SceneFile::raw, {});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.fault(), Fault::input);
    EXPECT_THAT(e.what(), testing::HasSubstr(directory_.string()));
  }
}

}  // namespace
}  // namespace flashcell::host
