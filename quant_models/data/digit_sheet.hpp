#pragma once
#include <string>

#include "quant_models/data/cifar10.hpp"

namespace flashcell::quant {

/// Handwritten digits from one sheet.
struct DigitSheet {
  LabelledImages train, test;
};

/// OpenCV's samples/data/digits.png (Debian package opencv-doc): 50 rows of 100 digits of 20 x 20 pixels, five rows for
/// each of 0..9. Each digit is set into the middle of 28 x 28 black pixels, as MNIST's are. The last 20 of every row
/// are the test images. `path`: the picture, or a folder that it lies in. Throws ModelError.
DigitSheet read_digit_sheet(const std::string& path);

}  // namespace flashcell::quant
