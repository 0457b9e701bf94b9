#include <gmock/gmock.h>

#include <algorithm>

#include "host/source/cine.hpp"
#include "host/source/cine_linearization.hpp"
#include "tests/host/source/encoders.hpp"
#include "tests/host/source/support.hpp"
#include "tests/support/folders.hpp"

namespace flashcell::test {
namespace {

using testing::HasSubstr;

class Cine : public FilesTest {
 protected:
  static std::vector<Picture> pictures(int width, int height, int bits, int count) {
    std::vector<Picture> frames;
    for (int i = 0; i < count; ++i) frames.push_back(picture(width, height, bits, i));
    return frames;
  }
};

TEST_F(Cine, EveryBitDepthAndRowOrderGivesThePixelsBack) {
  for (const int bits : {8, 10, 12, 16}) {
    for (const bool top_down : {false, true}) {
      for (const int width : {16, 13}) {        // 13: rows padded to 4 bytes, packed frames that end inside a group
        for (const int annotation : {8, 13}) {  // 13: odd addresses
          SCOPED_TRACE(testing::Message() << bits << " bits, top down " << top_down << ", width " << width
                                          << ", annotation " << annotation);
          const std::vector<Picture> frames = pictures(width, 5, bits, 4);
          const Recording recording = record(
              write("a.cine", make_cine(frames, {.bits = bits, .top_down = top_down, .annotation = annotation})));
          EXPECT_EQ(recording.error, "");
          EXPECT_EQ(recording.info.width, width);
          EXPECT_EQ(recording.info.height, 5);
          EXPECT_EQ(recording.info.fps, 35087);
          EXPECT_EQ(recording.info.frame_count, 4);
          EXPECT_EQ(recording.info.format, bits == 8 ? PixelFormat::grey8 : PixelFormat::grey16);
          EXPECT_EQ(recording.info.significant_bits, bits == 8 ? 8 : bits == 16 ? 14 : 12);
          ASSERT_EQ(recording.frames.size(), frames.size());
          for (size_t i = 0; i < frames.size(); ++i) {
            std::vector<uint16_t> expected = frames[i].pixels;
            if (bits == 10) {
              for (uint16_t& sample : expected) sample = host::kCineLinearization[sample];
            }
            EXPECT_EQ(recording.frames[i].samples, expected);
            EXPECT_EQ(recording.frames[i].number, static_cast<int64_t>(i));
            EXPECT_EQ(recording.frames[i].time_ns, static_cast<int64_t>(kCineSeconds * 1000000000 + i * 250000000));
          }
        }
      }
    }
  }
}

TEST_F(Cine, ColourIsBlueGreenRed) {
  const Picture p = picture(5, 3, 16, 0);
  const Recording recording = record(write("a.cine", make_cine({p}, {.bits = 24})));
  EXPECT_EQ(recording.info.format, PixelFormat::bgr8);
  std::vector<uint16_t> expected;
  for (const uint16_t sample : p.pixels) {
    expected.insert(expected.end(),
                    {static_cast<uint16_t>(sample & 0xFF), static_cast<uint16_t>(sample >> 8), uint16_t{0}});
  }
  EXPECT_EQ(recording.frames.at(0).samples, expected);
}

TEST_F(Cine, UnpackedFramesKeepTheirRowOrder) {
  const std::string file = write("a.cine", make_cine(pictures(16, 4, 16, 1), {}));
  const auto source = host::open_source(file, {});
  Frame frame;
  ASSERT_TRUE(source->next(frame));
  EXPECT_EQ(frame.view.stride, -32);
}

TEST_F(Cine, OldFilesHaveA16BitFrameRateAnd32BitOffsets) {
  const Recording recording = record(
      write("a.cine", make_cine(pictures(8, 3, 8, 2), {.bits = 8, .old_setup = true, .version = 0, .fps = 4000})));
  EXPECT_EQ(recording.info.fps, 4000);
  ASSERT_EQ(recording.frames.size(), 2u);
  EXPECT_EQ(recording.frames[1].samples, picture(8, 3, 8, 1).pixels);
  EXPECT_FALSE(recording.frames[0].time_ns.has_value());
}

TEST_F(Cine, LinearizationRisesFromBlackToWhite) {
  // Fixed points of the format's description: code 64 is black, the last code below saturation is white.
  EXPECT_EQ(host::kCineLinearization[64], 64);
  EXPECT_EQ(host::kCineLinearization[1014], 4064);
  EXPECT_EQ(host::kCineLinearization[1023], 4095);
  EXPECT_TRUE(std::is_sorted(host::kCineLinearization.begin(), host::kCineLinearization.end()));
}

TEST_F(Cine, StartLimitAndFrameRateAreTheCallers) {
  const std::string file = write("a.cine", make_cine(pictures(8, 3, 8, 6), {.bits = 8}));
  const Recording part = record(file, {.start_frame = 2, .frame_limit = 3, .fps = 100});
  ASSERT_EQ(part.frames.size(), 3u);
  EXPECT_EQ(part.frames[0].number, 2);
  EXPECT_EQ(part.info.frame_count, 3);
  EXPECT_EQ(part.info.fps, 100);
  EXPECT_FALSE(part.frames[0].time_ns.has_value());
  EXPECT_THAT(refusal(file, {.start_frame = 6}, Fault::usage), HasSubstr("start frame 6"));
}

TEST_F(Cine, CutAnywhereEveryWholeFrameIsDeliveredThenOneError) {
  const std::vector<Picture> frames = pictures(8, 4, 16, 5);
  const Bytes whole = make_cine(frames, {});
  const size_t frame_size = 8 + 64;
  const size_t first = whole.size() - 5 * frame_size;
  for (size_t size = 0; size < whole.size(); size += size < first ? 97 : 1) {
    const std::string file = write("a.cine", Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)));
    if (size < first - 5 * 8) {
      // The headers are not all there: it may refuse to open, or deliver nothing; either way one line.
      std::string line;
      try {
        line = record(file).error;
      } catch (const Error& e) {
        line = e.what();
        EXPECT_EQ(e.fault(), Fault::input);
      }
      EXPECT_THAT(line, HasSubstr("a.cine: "));
      continue;
    }
    const Recording recording = record(file);
    ASSERT_EQ(recording.frames.size(), size < first ? 0 : (size - first) / frame_size) << size;
    ASSERT_THAT(recording.error, HasSubstr(" of 5 frames are missing or damaged, the first is frame")) << size;
  }
  EXPECT_EQ(record(write("a.cine", whole)).error, "");
}

TEST_F(Cine, ADamagedFrameIsLeftOutAndItsNumberStays) {
  Bytes bytes = make_cine(pictures(8, 4, 16, 5), {});
  const size_t frame = bytes.size() - 3 * 72;
  set(bytes, frame + 4, 63, 4);  // one byte too few
  const Recording recording = record(write("a.cine", bytes));
  ASSERT_EQ(recording.frames.size(), 4u);
  EXPECT_EQ(recording.frames[2].number, 3);
  EXPECT_THAT(recording.error,
              HasSubstr("1 of 5 frames are missing or damaged, the first is frame 2 at byte " + std::to_string(frame)));
  EXPECT_EQ(record(path("a.cine"), {.frame_limit = 4}).error, "") << "the caller's end comes first";
}

TEST_F(Cine, WrongHeadersAreToldApart) {
  const Bytes good = make_cine(pictures(8, 4, 16, 2), {});
  const auto with = [&](size_t offset, uint64_t value, int bytes) {
    Bytes bad = good;
    set(bad, offset, value, bytes);
    return refusal(write("a.cine", bad));
  };
  EXPECT_THAT(with(0, 'X', 1), HasSubstr("no Phantom .cine"));
  EXPECT_THAT(with(20, 0, 4), HasSubstr("holds no frames"));
  EXPECT_THAT(with(4, 1, 2), HasSubstr("JPEG"));
  EXPECT_THAT(with(24, 0xFFFFFFF0, 4), HasSubstr("beyond the end"));
  EXPECT_THAT(with(28, 0xFFFFFFF0, 4), HasSubstr("beyond the end"));
  EXPECT_THAT(with(48, 0, 4), HasSubstr("0x4 px"));
  EXPECT_THAT(with(48, 5000, 4), HasSubstr("5000x4 px"));
  EXPECT_THAT(with(52, 0x80000000, 4), HasSubstr("8x2147483648 px"));
  EXPECT_THAT(with(58, 48, 2), HasSubstr("48 bits"));
  EXPECT_THAT(with(60, 7, 4), HasSubstr("packing 7"));
  EXPECT_THAT(refusal(write("empty.cine", Bytes())), HasSubstr("no Phantom .cine"));

  Bytes bad = good;
  set(bad, 32, 0xFFFFFFF0, 4);
  EXPECT_THAT(record(write("a.cine", bad)).error, HasSubstr("2 of 2 frames are missing"));
  bad = good;
  set(bad, 20, 0xFFFFFFFF, 4);  // promises four thousand million frames
  EXPECT_THAT(record(write("a.cine", bad)).error, HasSubstr("of 4294967295 frames"));
}

// The recording's own facts: 35087 frames/s, 97 frames, its time stamps one frame time apart.
TEST_F(Cine, RealRecording) {
  FLASHCELL_NEEDS_DATA("highspeed/pims_legacy_35087fps.cine");
  const Recording recording = record((data_dir() / "highspeed/pims_legacy_35087fps.cine").string());
  EXPECT_EQ(recording.error, "");
  EXPECT_EQ(recording.info.width, 128);
  EXPECT_EQ(recording.info.height, 128);
  EXPECT_EQ(recording.info.fps, 35087);
  EXPECT_EQ(recording.info.significant_bits, 14);
  ASSERT_EQ(recording.frames.size(), 97u);
  const int64_t span = *recording.frames[96].time_ns - *recording.frames[0].time_ns;
  EXPECT_NEAR(static_cast<double>(span) / 96, 1e9 / 35087, 10);
  EXPECT_EQ(*recording.frames[0].time_ns / 1000000000, 1210275999);
}

}  // namespace
}  // namespace flashcell::test
