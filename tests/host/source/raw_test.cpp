#include <gmock/gmock.h>

#include "host/source/raw_frames.hpp"
#include "tests/host/source/encoders.hpp"
#include "tests/host/source/support.hpp"

namespace flashcell::test {
namespace {

using host::RawGeometry;
using host::RawPixels;
using testing::HasSubstr;

class Raw : public FilesTest {
 protected:
  /// `frames` of raw bytes with a header before and gaps between.
  std::string file(const std::vector<Bytes>& frames, size_t header, size_t gap) const {
    Bytes out(header, 0x11);
    for (size_t i = 0; i < frames.size(); ++i) {
      if (i > 0) out.resize(out.size() + gap, 0x22);
      out.insert(out.end(), frames[i].begin(), frames[i].end());
    }
    return write("a.raw", out);
  }
  static host::SourceOptions geometry(int width, int height, RawPixels pixels, uint64_t header = 0, uint64_t gap = 0) {
    host::SourceOptions options;
    options.raw = RawGeometry{
        .width = width, .height = height, .pixels = pixels, .header_bytes = header, .gap_bytes = gap, .fps = 5000};
    return options;
  }
};

TEST_F(Raw, GreyOfEveryKindWithHeaderAndGaps) {
  for (const RawPixels pixels : {RawPixels::grey8, RawPixels::grey10_packed, RawPixels::grey12_packed,
                                 RawPixels::grey16, RawPixels::grey16_be}) {
    SCOPED_TRACE(static_cast<int>(pixels));
    const int bits = pixels == RawPixels::grey8           ? 8
                     : pixels == RawPixels::grey10_packed ? 10
                     : pixels == RawPixels::grey12_packed ? 12
                                                          : 16;
    std::vector<Picture> frames;
    std::vector<Bytes> bytes;
    for (int i = 0; i < 3; ++i) {
      frames.push_back(picture(7, 3, bits, i));
      Bytes frame;
      if (bits == 10 || bits == 12) {
        frame = pack_bits(frames.back(), bits);
      } else if (pixels == RawPixels::grey16_be) {
        frame = pack_bits(frames.back(), 16);
      } else {
        for (const uint16_t sample : frames.back().pixels) put(frame, sample, bits / 8);
      }
      bytes.push_back(frame);
    }
    const Recording recording = record(file(bytes, 33, 5), geometry(7, 3, pixels, 33, 5));
    EXPECT_EQ(recording.error, "");
    EXPECT_EQ(recording.info.fps, 5000);
    EXPECT_EQ(recording.info.significant_bits, bits);
    ASSERT_EQ(recording.frames.size(), 3u);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(recording.frames[i].samples, frames[i].pixels);
  }
}

TEST_F(Raw, ColourKeepsItsOrder) {
  const Bytes pixels = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(record(file({pixels}, 0, 0), geometry(2, 1, RawPixels::rgb8)).info.format, PixelFormat::rgb8);
  const Recording bgr = record(file({pixels}, 0, 0), geometry(2, 1, RawPixels::bgr8));
  EXPECT_EQ(bgr.info.format, PixelFormat::bgr8);
  EXPECT_THAT(bgr.frames.at(0).samples, testing::ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(Raw, MosaicsOfOneColourGiveThatColour) {
  constexpr int kRed = 200, kGreen = 120, kBlue = 30;
  const auto mosaic = [&](const char* tile) {
    Bytes bytes;
    for (int y = 0; y < 6; ++y) {
      for (int x = 0; x < 8; ++x) {
        const char colour = tile[2 * (y % 2) + x % 2];
        bytes.push_back(static_cast<uint8_t>(colour == 'r' ? kRed : colour == 'g' ? kGreen : kBlue));
      }
    }
    return bytes;
  };
  const std::pair<RawPixels, const char*> mosaics[] = {{RawPixels::bayer_rggb, "rggb"},
                                                       {RawPixels::bayer_bggr, "bggr"},
                                                       {RawPixels::bayer_grbg, "grbg"},
                                                       {RawPixels::bayer_gbrg, "gbrg"}};
  for (const auto& mosaic_case : mosaics) {
    SCOPED_TRACE(mosaic_case.second);
    host::SourceOptions options = geometry(8, 6, mosaic_case.first);
    const Recording colour = record(file({mosaic(mosaic_case.second)}, 0, 0), options);
    ASSERT_EQ(colour.frames.size(), 1u);
    for (size_t i = 0; i < colour.frames[0].samples.size(); i += 3) {
      EXPECT_EQ(colour.frames[0].samples[i], kBlue);
      EXPECT_EQ(colour.frames[0].samples[i + 1], kGreen);
      EXPECT_EQ(colour.frames[0].samples[i + 2], kRed);
    }
    options.grey = true;
    const Recording grey = record(path("a.raw"), options);
    EXPECT_EQ(grey.info.format, PixelFormat::grey8);
    const double luma = 0.299 * kRed + 0.587 * kGreen + 0.114 * kBlue;
    for (const uint16_t sample : grey.frames.at(0).samples) EXPECT_NEAR(sample, luma, 1);
  }
}

TEST_F(Raw, CutAnywhereEveryWholeFrameIsDeliveredThenOneError) {
  const Bytes frame(12, 7);
  const std::string name = file({frame, frame, frame}, 5, 2);
  const Bytes whole = read(name);
  for (size_t size = 17; size <= whole.size(); ++size) {
    const Recording recording =
        record(write("a.raw", Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size))),
               geometry(4, 3, RawPixels::grey8, 5, 2));
    const size_t after_first = size - 17;
    ASSERT_EQ(recording.frames.size(), 1 + after_first / 14) << size;
    const size_t rest = after_first % 14;
    if (rest == 0 || rest == 2) {
      EXPECT_EQ(recording.error, "");
    } else {
      EXPECT_THAT(recording.error, HasSubstr(std::to_string(rest) + " bytes after frame"));
    }
  }
}

TEST_F(Raw, GeometryThatMakesNoSenseIsRefused) {
  const std::string name = file({Bytes(12, 0)}, 0, 0);
  EXPECT_THAT(refusal(name, geometry(0, 3, RawPixels::grey8), Fault::usage), HasSubstr("must be stated"));
  EXPECT_THAT(refusal(name, geometry(4, 5000, RawPixels::grey8), Fault::usage), HasSubstr("1..4096"));
  EXPECT_THAT(refusal(name, geometry(3, 4, RawPixels::bayer_rggb), Fault::usage), HasSubstr("4x4"));
  EXPECT_THAT(refusal(name, geometry(4, 4, RawPixels::grey8)), HasSubstr("hold no frame of 16 bytes"));
  EXPECT_THAT(refusal(name, geometry(4, 3, RawPixels::grey8, UINT64_MAX)), HasSubstr("hold no frame"));
  EXPECT_EQ(record(name, geometry(4, 3, RawPixels::grey8, 0, UINT64_MAX)).frames.size(), 1u);
  EXPECT_THAT(refusal(name, {}, Fault::usage), HasSubstr("need their geometry"));
}

TEST_F(Raw, MoreFramesThanAnyRecordingAreRefusedBeforeTheyAreListed) {
  const std::string huge = write("huge.raw", Bytes());
  std::filesystem::resize_file(huge, (uint64_t{1} << 24) + 1);  // sparse
  EXPECT_THAT(refusal(huge, geometry(1, 1, RawPixels::grey8)), HasSubstr("16777217 frames of this size"));
}

TEST_F(Raw, PixelFormatsHaveNames) {
  EXPECT_EQ(host::parse_raw_pixels("grey8"), RawPixels::grey8);
  EXPECT_EQ(host::parse_raw_pixels("bayer_gbrg"), RawPixels::bayer_gbrg);
  EXPECT_THROW(host::parse_raw_pixels("yuv"), Error);
}

}  // namespace
}  // namespace flashcell::test
