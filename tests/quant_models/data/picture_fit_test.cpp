#include "quant_models/data/picture_fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

Picture random_picture(int channels, int rows, int columns) {
  std::mt19937 random(static_cast<unsigned>(rows * columns));
  Picture picture{channels, rows, columns, {}};
  for (int i = 0; i < channels * rows * columns; ++i) picture.pixels.push_back(static_cast<uint8_t>(random() >> 24));
  return picture;
}

TEST(PictureFit, HalvingWeighsFourPixels) {
  // A triangle as wide as two new pixels: 1, 3, 3, 1 eighths; at the ends 3, 3, 1 sevenths.
  const Picture row{1, 1, 8, {0, 0, 80, 160, 0, 0, 255, 255}};
  EXPECT_EQ(resample(row, 1, 4).pixels, (std::vector<uint8_t>{11, 90, 52, 219}));
  const Picture column{1, 8, 1, row.pixels};
  EXPECT_EQ(resample(column, 4, 1).pixels, resample(row, 1, 4).pixels);
}

TEST(PictureFit, AFlatPictureStaysFlatAndTheSameSizeIsTheSamePicture) {
  const Picture flat{3, 9, 13, std::vector<uint8_t>(3 * 9 * 13, 77)};
  for (const auto& [rows, columns] : {std::pair(4, 5), std::pair(31, 20), std::pair(9, 2)})
    EXPECT_EQ(resample(flat, rows, columns).pixels, std::vector<uint8_t>(static_cast<size_t>(3 * rows * columns), 77));
  const Picture picture = random_picture(3, 9, 13);
  EXPECT_EQ(resample(picture, 9, 13).pixels, picture.pixels);
}

TEST(PictureFit, CutsTheMiddleOutHalvesToEven) {
  for (const auto& [rows, columns] : {std::pair(8, 11), std::pair(8, 9), std::pair(13, 8)}) {
    const Picture picture = random_picture(3, rows, columns);
    const Picture cut = fitted(picture, 6, 6, {8}, "picture");
    const int top = static_cast<int>(std::nearbyint((rows - 6) / 2.0)),
              left = static_cast<int>(std::nearbyint((columns - 6) / 2.0));
    ASSERT_EQ(cut.pixels.size(), 3U * 6 * 6);
    for (int c = 0; c < 3; ++c)
      for (int y = 0; y < 6; ++y)
        for (int x = 0; x < 6; ++x)
          EXPECT_EQ(cut.pixels[static_cast<size_t>((c * 6 + y) * 6 + x)],
                    picture.pixels[static_cast<size_t>((c * rows + top + y) * columns + left + x)]);
  }
}

TEST(PictureFit, KeepsTheShapeOrStretches) {
  const Picture wide = random_picture(1, 20, 50);
  EXPECT_EQ(fitted(wide, 10, 10, {}, "picture").pixels, resize(wide, 10, 10).pixels);
  EXPECT_EQ(fitted(wide, 10, 25, {10}, "picture").pixels, resample(wide, 10, 25).pixels);
  try {
    fitted(wide, 12, 12, {10}, "wide.png");
    ADD_FAILURE();
  } catch (const ModelError& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("wide.png: is 25x10"));
  }
}

}  // namespace
}  // namespace flashcell::quant
