#pragma once
#include <array>
#include <span>
#include <vector>

#include "quant_models/data/detection_set.hpp"
#include "quant_models/metadata.hpp"
#include "quant_models/random.hpp"
#include "quant_models/train/recipe.hpp"

namespace flashcell::quant {

/// x' = m0 x + m1 y + m2, y' = m3 x + m4 y + m5; pixel (row r, column c) covers x in [c, c + 1), y in [r, r + 1).
using Affine = std::array<double, 6>;

Affine inverse(const Affine& a);
/// First b, then a.
Affine compose(const Affine& a, const Affine& b);

/// A picture's way into the network: from the network's pixels back to the picture's, and the change of its grey
/// levels.
struct View {
  Affine to_picture;
  float gain = 1, offset = 0;  ///< value = clamp(gain * (pixel / 255 - 1/2) + 1/2 + offset, 0, 1)
};

/// The whole picture stretched to rows x columns.
View plain_view(const Picture& picture, int rows, int columns);

/// The same under random changes.
View augmented_view(const Picture& picture, int rows, int columns, const AugmentOptions& options, Random& random);

/// Bilinear samples into `out` (channels x rows x columns); beyond the picture's edge its border pixels go on, or
/// black where `black_outside`.
void render(const Picture& picture, const View& view, int rows, int columns, bool black_outside, std::span<float> out);

/// Values from 0 to 1 (channels x pixels) become the network's numbers; nothing changes where those are the same.
void prepare(std::span<float> image, const Preprocessing& preprocessing);

/// Marked objects in the network's pixels, cut at the edges of rows x columns; those of which less than
/// `least_visible` of the area is left are dropped.
std::vector<MarkedObject> view_objects(const std::vector<MarkedObject>& objects, const View& view, int rows,
                                       int columns, double least_visible = 0.3);

}  // namespace flashcell::quant
