#pragma once
#include <span>
#include <string>

#include "quant_models/report/data_free_run.hpp"
#include "quant_models/synthesize/image_source.hpp"
#include "quant_models/synthesize/input_range.hpp"

namespace flashcell::quant {

/// What numbers of images are as pixels.
struct PixelForm {
  Shape shape;  ///< one image's, 1 x C x H x W
  InputRange range;
  bool blue_first = false;
};

/// The first `most` of the images that lie one after the other in `values`, in rows.
ContactSheet contact_sheet(std::span<const float> values, int64_t most, const PixelForm& form, std::string caption);

/// Writes FOLDER/pictures.npz (pictures: count x C x H x W as the network takes them, labels where there are some) and
/// FOLDER/sheet.png with some of them. Throws Error(Fault::input) where that fails.
void write_pictures(const DrawnImages& images, const PixelForm& form, const std::string& folder);

}  // namespace flashcell::quant
