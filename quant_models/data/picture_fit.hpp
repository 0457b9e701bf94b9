#pragma once
#include <string>

#include "quant_models/data/picture.hpp"

namespace flashcell::quant {

/// How a picture of any size becomes one of the network's.
struct PictureFit {
  int short_side = 0;  ///< 0: stretched to the network's size (resize()); else its shorter side is brought to so many
                       ///< pixels, shape kept, and the middle is cut out

  bool operator==(const PictureFit&) const = default;
};

/// The picture at rows x columns. Throws ModelError with `name` where a side is shorter than what is to be cut out.
Picture fitted(const Picture& picture, int rows, int columns, const PictureFit& fit, const std::string& name);

/// Another size by a triangle filter as wide as the pixels that one new pixel covers (bilinear with antialiasing), in
/// the fixed-point arithmetic of Pillow's Image.resize: columns first, 8 bits in between, weights of 22 bits.
Picture resample(const Picture& picture, int rows, int columns);

}  // namespace flashcell::quant
