#include <gmock/gmock.h>

#include <cmath>

#include "tests/host/source/encoders.hpp"
#include "tests/host/source/support.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::test {
namespace {

using testing::HasSubstr;

class Photron : public FilesTest {
 protected:
  static std::vector<Picture> pictures(int width, int height, int bits, int count) {
    std::vector<Picture> frames;
    for (int i = 0; i < count; ++i) frames.push_back(picture(width, height, bits == 16 ? 12 : bits, i));
    return frames;
  }
};

TEST_F(Photron, EveryBitDepthThroughEveryFile) {
  for (const int bits : {8, 12, 16}) {
    for (const bool xml : {false, true}) {
      for (const int width : {10, 7}) {
        SCOPED_TRACE(testing::Message() << bits << " bits, xml " << xml << ", width " << width);
        const std::vector<Picture> frames = pictures(width, 5, bits, 3);
        const std::string stem = xml ? "x" : "t";
        const std::string pixels = write(stem + ".mraw", make_mraw(frames, bits));
        const std::string header =
            xml ? write("x.cihx", make_cihx(width, 5, bits, 3)) : write("t.cih", make_cih(width, 5, bits, 3));
        for (const std::string& opened : {pixels, header}) {
          const Recording recording = record(opened);
          EXPECT_EQ(recording.error, "");
          EXPECT_EQ(recording.info.name, pixels);
          EXPECT_EQ(recording.info.width, width);
          EXPECT_EQ(recording.info.height, 5);
          EXPECT_EQ(recording.info.fps, xml ? 7500 : 30000) << "the XML saves every fourth frame";
          EXPECT_EQ(recording.info.format, bits == 8 ? PixelFormat::grey8 : PixelFormat::grey16);
          EXPECT_EQ(recording.info.significant_bits, bits == 8 ? 8 : 12);
          ASSERT_EQ(recording.frames.size(), 3u);
          for (size_t i = 0; i < 3; ++i) EXPECT_EQ(recording.frames[i].samples, frames[i].pixels);
        }
      }
    }
  }
}

TEST_F(Photron, CutAnywhereEveryWholeFrameIsDeliveredThenOneError) {
  const Bytes whole = make_mraw(pictures(6, 4, 12, 3), 12);
  write("a.cih", make_cih(6, 4, 12, 3));
  for (size_t size = 0; size <= whole.size(); ++size) {
    const Recording recording =
        record(write("a.mraw", Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size))));
    ASSERT_EQ(recording.frames.size(), size / 36);
    if (size < whole.size()) {
      ASSERT_THAT(recording.error, HasSubstr("ends at byte " + std::to_string(size) + " in frame " +
                                             std::to_string(size / 36) + " of the 3"));
    }
  }
  EXPECT_EQ(record(path("a.mraw")).error, "");
}

TEST_F(Photron, WrongHeadersSayWhatIsWrong) {
  write("a.mraw", Bytes(100, 0));
  const auto with = [&](const std::string& header) { return refusal(write("a.cih", header)); };
  EXPECT_THAT(with(""), HasSubstr("'Image Width' is missing"));
  EXPECT_THAT(with("<cih></cih>"), HasSubstr("'width' is missing"));
  EXPECT_THAT(with(make_cih(0, 4, 8, 1)), HasSubstr("0x4 px"));
  EXPECT_THAT(with(make_cih(999999, 4, 8, 1)), HasSubstr("999999x4 px"));
  EXPECT_THAT(with(make_cih(4, 4, 24, 1)), HasSubstr("24 bits"));
  EXPECT_THAT(with(make_cih(4, 4, 8, 0)), HasSubstr("holds no frames"));
  EXPECT_THAT(with("Image Width : four\n"), HasSubstr("'four', which is no number"));
  EXPECT_THAT(with("Image Width : nan\n"), HasSubstr("'nan', which is no number"));
  EXPECT_THAT(with("File Format : TIFF\n" + make_cih(4, 4, 8, 1)), HasSubstr("'TIFF' files"));
  std::filesystem::remove(path("a.cih"));
  EXPECT_THAT(refusal(path("a.mraw")), HasSubstr("its header"));
  EXPECT_THAT(refusal(write("b.cihx", make_cihx(4, 4, 8, 1))), HasSubstr("its frames"));
}

TEST_F(Photron, HeadersInXmlAreReadAsXml) {
  write("x.mraw", Bytes(32, 0));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = make_cihx(4, 4, 8, 2);
    text.replace(text.find(from), from.size(), to);
    return write("x.cihx", text);
  };
  // Attributes, comments and entities are no reason to miss a value, nor is one of the same name elsewhere.
  EXPECT_EQ(record(with("<totalFrame>", "<totalFrame unit=\"frames\">")).info.frame_count, 2);
  EXPECT_EQ(record(with("<imageDataInfo>", "<!-- <imageDataInfo><x> --><imageDataInfo>")).info.width, 4);
  EXPECT_EQ(record(with("<fileFormat>Mraw", "<fileFormat>M&#82;AW")).info.width, 4);
  const std::string other = "<plugin><imageDataInfo><resolution><width>9</width></resolution></imageDataInfo></plugin>";
  EXPECT_EQ(record(with("<deviceInfo>", other + "<deviceInfo>")).info.width, 4);
  EXPECT_THAT(refusal(with("</fileFormat>", "</fileformat>")), HasSubstr("x.cihx: line 2: is no valid XML"));
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "<a>";
  EXPECT_THAT(refusal(with("<deviceInfo>", deep)), HasSubstr("too deeply"));
}

TEST_F(Photron, RealVibrationRecording) {
  FLASHCELL_NEEDS_DATA("highspeed/pyidi_showcase.cih");
  const Recording recording = record((data_dir() / "highspeed/pyidi_showcase.cih").string());
  EXPECT_EQ(recording.error, "");
  EXPECT_EQ(recording.info.width, 640);
  EXPECT_EQ(recording.info.height, 40);
  EXPECT_EQ(recording.info.fps, 150) << "15000 frames/s, every hundredth saved";
  EXPECT_EQ(recording.frames.size(), 75u);
}

/// A line fitted by least squares through (0, y[0]), (1, y[1]), …
struct Line {
  double slope = 0, residual_rms = 0;
};

Line fit(const std::vector<double>& y) {
  const auto n = static_cast<double>(y.size());
  double mean = 0, products = 0, squares = 0;
  for (const double value : y) mean += value / n;
  for (size_t i = 0; i < y.size(); ++i) {
    const double t = static_cast<double>(i) - (n - 1) / 2;
    products += t * (y[i] - mean);
    squares += t * t;
  }
  Line line{products / squares, 0};
  for (size_t i = 0; i < y.size(); ++i) {
    const double error = y[i] - mean - line.slope * (static_cast<double>(i) - (n - 1) / 2);
    line.residual_rms += error * error / n;
  }
  line.residual_rms = std::sqrt(line.residual_rms);
  return line;
}

// Reference: ball_12bit_reference.csv beside the recording, 2.6456 px/frame. The ball is dark before a saturated
// background and falls towards a plate that begins at row 330.
TEST_F(Photron, TheRealBallFallsAsFastAsItsReferenceSays) {
  FLASHCELL_NEEDS_DATA("highspeed/ball_12bit.mraw");
  const Recording recording = record((data_dir() / "highspeed/ball_12bit.mraw").string());
  EXPECT_EQ(recording.error, "");
  EXPECT_EQ(recording.info.fps, 30000);
  EXPECT_EQ(recording.info.significant_bits, 12);
  ASSERT_EQ(recording.frames.size(), 15u);
  constexpr int kWidth = 384, kRows = 300, kWhite = 4095;
  std::vector<double> binary, weighted;
  for (const Recording::Copy& frame : recording.frames) {
    double count = 0, count_y = 0, darkness = 0, darkness_y = 0;
    for (int i = 0; i < kRows * kWidth; ++i) {
      const int below = kWhite - frame.samples[static_cast<size_t>(i)];
      const double y = i / kWidth;
      count += below > 0;
      count_y += below > 0 ? y : 0;
      darkness += below;
      darkness_y += below * y;
    }
    binary.push_back(count_y / count);
    weighted.push_back(darkness_y / darkness);
  }
  for (const std::vector<double>& centroids : {binary, weighted}) {
    EXPECT_NEAR(fit(centroids).slope, 2.6456, 0.005);
    EXPECT_LE(fit(centroids).residual_rms, 0.03);
  }
}

}  // namespace
}  // namespace flashcell::test
