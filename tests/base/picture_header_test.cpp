#include "base/picture_header.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "base/error.hpp"

namespace flashcell {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

void put(Bytes& out, uint64_t value, int size, bool big_endian) {
  for (int i = 0; i < size; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * (big_endian ? size - 1 - i : i))));
}

Bytes png(uint32_t width, uint32_t height) {
  Bytes out = bytes_of("\x89PNG\r\n\x1A\n");
  put(out, 13, 4, true);
  for (const char c : {'I', 'H', 'D', 'R'}) out.push_back(static_cast<uint8_t>(c));
  put(out, width, 4, true);
  put(out, height, 4, true);
  for (const char c : {'I', 'E', 'N', 'D'}) out.push_back(static_cast<uint8_t>(c));
  return out;
}

/// One directory a page, each of one entry for width and one for height.
Bytes tiff(bool big_endian, bool big, const std::vector<std::pair<uint32_t, uint32_t>>& pages, uint64_t last_link = 0) {
  Bytes out = bytes_of(big_endian ? "MM" : "II");
  const int offset_bytes = big ? 8 : 4;
  put(out, big ? 43 : 42, 2, big_endian);
  if (big) put(out, 8, 2, big_endian);
  if (big) put(out, 0, 2, big_endian);
  const uint64_t directory = big ? 8 + 40 + 8 : 2 + 24 + 4;
  uint64_t at = out.size() + static_cast<uint64_t>(offset_bytes);
  put(out, at, offset_bytes, big_endian);
  for (size_t i = 0; i < pages.size(); ++i) {
    at += directory;
    put(out, 2, big ? 8 : 2, big_endian);
    const uint32_t sides[2] = {pages[i].first, pages[i].second};
    for (int k = 0; k < 2; ++k) {
      put(out, 256 + static_cast<uint64_t>(k), 2, big_endian);
      put(out, 4, 2, big_endian);
      put(out, 1, big ? 8 : 4, big_endian);
      put(out, sides[k], 4, big_endian);
      if (big) put(out, 0, 4, big_endian);
    }
    put(out, i + 1 < pages.size() ? at : last_link, offset_bytes, big_endian);
  }
  return out;
}

void expect_sides(const Bytes& file, uint64_t width, uint64_t height) {
  const auto header = read_picture_header(file);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->width, width);
  EXPECT_EQ(header->height, height);
  EXPECT_TRUE(header->whole);
}

TEST(PictureHeader, SidesOfEveryFormat) {
  expect_sides(png(70000, 3), 70000, 3);
  // A comment segment, bytes between segments and fill bytes stand before the frame's header.
  expect_sides(
      bytes_of(std::string("\xFF\xD8\xFF\xFE\x00\x04zz??\xFF\xFF\xC2\x00\x11\x08\x01\x02\x03\x04\xFF\xD9", 22)), 0x304,
      0x102);
  Bytes bmp = bytes_of("BM");
  put(bmp, 54, 4, false);
  put(bmp, 0, 8, false);
  put(bmp, 40, 4, false);
  put(bmp, 640, 4, false);
  put(bmp, static_cast<uint32_t>(-480), 4, false);
  bmp.resize(54);
  expect_sides(bmp, 640, 480);
  expect_sides(bytes_of("P5 # 99 bottles\n 12\t#7\n 34 255\n"), 12, 34);
  for (const bool big_endian : {false, true})
    for (const bool big : {false, true}) {
      const Bytes stack = tiff(big_endian, big, {{5, 6}, {70000, 2}});
      expect_sides(stack, 70000, 6);
      EXPECT_EQ(read_picture_header(stack)->pages, 2u);
    }
}

/// Found by a fuzzer: OpenCV takes the byte behind a number for no part of a comment, and so reads 5x3 here.
TEST(PictureHeader, TheByteBehindANumberBeginsNoComment) {
  const auto header = read_picture_header(bytes_of("P5 5#  3 4\n1 17 255\n"));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->width, 5U);
  EXPECT_EQ(header->height, 3U);
}

TEST(PictureHeader, ATiffsChainThatLeavesTheFileOrRunsInACircleIsNotWhole) {
  for (const uint64_t link : {uint64_t{8}, uint64_t{5000}}) {
    const auto header = read_picture_header(tiff(false, false, {{5, 6}, {5, 6}}, link));
    ASSERT_TRUE(header);
    EXPECT_FALSE(header->whole);
    EXPECT_GE(header->pages, 2u);
  }
}

TEST(PictureHeader, EveryBeginningOfAFileIsAHeaderOrNone) {
  for (const Bytes& file : {png(3, 4), tiff(true, true, {{3, 4}}), bytes_of("\xFF\xD8\xFF\xC0"), bytes_of("P6 3")})
    for (size_t size = 0; size < file.size(); ++size) read_picture_header(std::span(file).first(size));
}

TEST(PictureHeader, PicturesThatClaimTooMuchAreRefusedBeforeTheyAreDecoded) {
  EXPECT_NO_THROW(check_picture(png(1 << 14, 1 << 13), "a.png"));
  for (const Bytes& bomb : {png((1 << 14) + 1, 1 << 13), png(UINT32_MAX, UINT32_MAX),
                            tiff(true, true, {{3, 3}, {1u << 20, 1u << 20}}), bytes_of("P4 999999 999999 ")}) {
    try {
      check_picture(bomb, "a.png");
      ADD_FAILURE();
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), testing::HasSubstr("more than 134217728 pixels"));
    }
  }
  EXPECT_THROW(check_picture(bytes_of("GIF89a"), "a.gif"), Error);
  EXPECT_THROW(check_picture(png(0, 5), "a.png"), Error);
  // A side that lies about its type could hide a tile of any size.
  Bytes odd = tiff(false, false, {{3, 3}});
  odd[12] = 5;
  EXPECT_THROW(check_picture(odd, "a.tif"), Error);
}

}  // namespace
}  // namespace flashcell
