#include "quant_models/data/digit_sheet.hpp"

#include <algorithm>
#include <filesystem>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/data/picture.hpp"
#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

constexpr int kDigit = 20, kImage = 28, kSheetRows = 50, kSheetColumns = 100, kTestFrom = 80, kRowsOfDigit = 5;

void append(const Picture& sheet, int row, int column, LabelledImages& images) {
  images.pixels.resize(images.pixels.size() + kImage * kImage);
  uint8_t* image = &images.pixels[images.pixels.size() - kImage * kImage];
  constexpr int kBorder = (kImage - kDigit) / 2;
  for (int r = 0; r < kDigit; ++r) {
    const auto from = sheet.pixels.begin() + (row * kDigit + r) * sheet.columns + column * kDigit;
    std::copy_n(from, kDigit, image + (kBorder + r) * kImage + kBorder);
  }
  images.labels.push_back(row / kRowsOfDigit);
  ++images.count;
}

}  // namespace

DigitSheet read_digit_sheet(const std::string& path) {
  const bool folder = std::filesystem::is_directory(path);
  const std::string file = folder ? (std::filesystem::path(path) / "digits.png").string() : path;
  const Picture sheet = decode_picture(read_file(file), file, 1);
  if (sheet.rows != kSheetRows * kDigit || sheet.columns != kSheetColumns * kDigit)
    throw ModelError(file + ": is " + std::to_string(sheet.columns) + " x " + std::to_string(sheet.rows) +
                     " pixels; expected 2000 x 1000, 100 x 50 digits of 20 x 20");
  const LabelledImages none{0, 1, kImage, kImage, {}, {}};
  DigitSheet digits{none, none};
  for (int row = 0; row < kSheetRows; ++row)
    for (int column = 0; column < kSheetColumns; ++column)
      append(sheet, row, column, column < kTestFrom ? digits.train : digits.test);
  return digits;
}

}  // namespace flashcell::quant
