#include <gmock/gmock.h>

#include <opencv2/imgcodecs.hpp>

#include "tests/host/source/encoders.hpp"
#include "tests/host/source/support.hpp"

namespace flashcell::test {
namespace {

namespace fs = std::filesystem;
using host::RawGeometry;
using host::RawPixels;
using testing::HasSubstr;

/// Recordings that are cut or deleted while they are read.
class Shrinking : public FilesTest {
 protected:
  static constexpr int kWidth = 64, kHeight = 48, kFrames = 40;

  static std::vector<Picture> pictures(int bits) {
    std::vector<Picture> frames;
    for (int i = 0; i < kFrames; ++i) frames.push_back(picture(kWidth, kHeight, bits, i));
    return frames;
  }

  static host::SourceOptions geometry(RawPixels pixels) {
    host::SourceOptions options;
    options.raw = RawGeometry{.width = kWidth, .height = kHeight, .pixels = pixels, .fps = 5000};
    return options;
  }

  /// Reads frames while `file` is cut to `share` of its size after the fifth. What was delivered must equal the whole
  /// recording's, the frames that other threads still hold included.
  static void expect_whole_frames_then_one_error(const std::string& input, const std::string& file, double share,
                                                 const host::SourceOptions& options = {}) {
    const Recording whole = record(input, options);
    ASSERT_EQ(whole.frames.size(), static_cast<size_t>(kFrames));
    const std::unique_ptr<FrameSource> source = host::open_source(input, options);
    std::vector<Frame> held(kFrames);
    size_t count = 0;
    std::string error;
    try {
      for (;; ++count) {
        if (count == 5) fs::resize_file(file, static_cast<uintmax_t>(static_cast<double>(fs::file_size(file)) * share));
        ASSERT_LT(count, held.size());
        ASSERT_TRUE(source->next(held[count]));
      }
    } catch (const Error& e) {
      EXPECT_EQ(e.fault(), Fault::input);
      error = e.what();
    }
    EXPECT_THAT(error, HasSubstr(file + ": became shorter while it was read: frame " + std::to_string(count)));
    EXPECT_EQ(error.find('\n'), std::string::npos);
    EXPECT_GE(count, 5u);
    if (share > 0.5) {
      EXPECT_GT(count, 10u);
    }
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(samples_of(held[i].view), whole.frames[i].samples) << i;
  }
};

TEST_F(Shrinking, RawFramesOfEveryKind) {
  for (const RawPixels pixels : {RawPixels::grey8, RawPixels::grey12_packed, RawPixels::grey16, RawPixels::grey16_be,
                                 RawPixels::bgr8, RawPixels::bayer_rggb}) {
    for (const double share : {0.63, 0.0}) {
      SCOPED_TRACE(static_cast<int>(pixels));
      Bytes bytes(size_t{kWidth} * kHeight * kFrames * 3);
      for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 7 + i / 251);
      const size_t frame = size_t{kWidth} * kHeight *
                           (pixels == RawPixels::grey12_packed                              ? 3
                            : pixels == RawPixels::grey16 || pixels == RawPixels::grey16_be ? 4
                            : pixels == RawPixels::bgr8                                     ? 6
                                                                                            : 2) /
                           2;
      bytes.resize(frame * kFrames);
      const std::string file = write("a.raw", bytes);
      expect_whole_frames_then_one_error(file, file, share, geometry(pixels));
    }
  }
}

TEST_F(Shrinking, Cine) {
  for (const int bits : {8, 10, 12, 16}) {
    SCOPED_TRACE(bits);
    const std::string file = write("a.cine", make_cine(pictures(bits), {.bits = bits}));
    expect_whole_frames_then_one_error(file, file, 0.63);
  }
}

TEST_F(Shrinking, Photron) {
  Bytes pixels;
  for (const Picture& p : pictures(12)) {
    const Bytes packed = pack_bits(p, 12);
    pixels.insert(pixels.end(), packed.begin(), packed.end());
  }
  write("a.cihx", make_cihx(kWidth, kHeight, 12, kFrames));
  const std::string file = write("a.mraw", pixels);
  expect_whole_frames_then_one_error(file, file, 0.63);
}

TEST_F(Shrinking, ADeletedRecordingIsReadToItsEnd) {
  const std::string file = write("a.cine", make_cine(pictures(16), {.bits = 16}));
  const std::unique_ptr<FrameSource> source = host::open_source(file, {});
  Frame frame;
  int count = 0;
  for (; source->next(frame); ++count)
    if (count == 3) fs::remove(file);
  EXPECT_EQ(count, kFrames);
}

TEST_F(Shrinking, ImagesThatVanishAreLeftOutAndTold) {
  for (int i = 0; i < 6; ++i)
    ASSERT_TRUE(cv::imwrite(path(std::to_string(i) + ".png"), cv::Mat(4, 5, CV_8UC1, cv::Scalar(i))));
  const std::unique_ptr<FrameSource> source = host::open_source(directory_.string(), {});
  Frame frame;
  std::vector<int64_t> numbers;
  std::string error;
  try {
    while (source->next(frame)) {
      numbers.push_back(frame.number);
      fs::remove(path("2.png"));
      fs::remove(path("4.png"));
    }
  } catch (const Error& e) {
    error = e.what();
  }
  EXPECT_THAT(numbers, testing::ElementsAre(0, 1, 3, 5));
  EXPECT_THAT(error, HasSubstr("2 of 6 images were left out; the first: frame 2"));
  EXPECT_THAT(error, HasSubstr("cannot be read any more"));
}

TEST_F(Shrinking, ATiffThatIsCutWhileItIsReadGivesItsWholePages) {
  std::vector<cv::Mat> pages;
  for (int i = 0; i < 100; ++i) pages.emplace_back(20, 30, CV_16UC1, cv::Scalar(1000 + i));
  ASSERT_TRUE(cv::imwrite(path("stack.tif"), pages));
  const std::unique_ptr<FrameSource> source = host::open_source(path("stack.tif"), {});
  Frame frame;
  int count = 0;
  std::string error;
  try {
    for (; source->next(frame); ++count) {
      EXPECT_EQ(samples_of(frame.view).at(0), 1000 + count);
      if (count == 2) fs::resize_file(path("stack.tif"), fs::file_size(path("stack.tif")) / 2);
    }
  } catch (const Error& e) {
    error = e.what();
  }
  EXPECT_GE(count, 32);
  EXPECT_LT(count, 100);
  EXPECT_THAT(error, HasSubstr("images were left out; the first: frame " + std::to_string(count)));
}

}  // namespace
}  // namespace flashcell::test
