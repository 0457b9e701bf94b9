#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/named_value.hpp"
#include "quant_models/data/picture_fit.hpp"
#include "quant_models/metadata.hpp"
#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant {

/// What example images were read from.
enum class CalibrationKind {
  pictures,
  mnist,
  cifar10,
  pascal_voc,
  array,  ///< of NumPy: perhaps no pixels, but the network's own numbers
};

/// For people.
inline constexpr NamedValue<CalibrationKind> kCalibrationKindNames[] = {{CalibrationKind::pictures, "pictures"},
                                                                        {CalibrationKind::mnist, "MNIST"},
                                                                        {CalibrationKind::cifar10, "CIFAR-10"},
                                                                        {CalibrationKind::pascal_voc, "PASCAL VOC"},
                                                                        {CalibrationKind::array, "NumPy array"}};

/// Images as a network takes them, to calibrate with.
struct CalibrationImages {
  int64_t count = 0;      ///< of those taken
  int64_t available = 0;  ///< in the data
  CalibrationKind kind = CalibrationKind::pictures;
  std::vector<float> values;  ///< count x the input's numbers of one image
};

/// Up to `most` images, spread evenly over what `path` holds: a folder or .tar.gz of pictures (in whatever folders, as
/// class folders are) or in PASCAL VOC's layout; a folder with MNIST's files (the training images where they are
/// there); a CIFAR-10 file (.bin); one picture; a .npy or .npz array N x C x H x W or C x H x W (of an archive's arrays
/// the one with most dimensions): bytes are pixels, other types the network's own input numbers. Pictures are brought
/// to the input's size as `fit` says, bytes become (pixel - mean) * factor in the network's order of channels. `input`:
/// the network's, 1 x C x H x W; arrays fit any. Throws ModelError with one line that names the file: nothing there, a
/// label file whose picture is missing, a damaged picture, another size or number of channels.
CalibrationImages read_calibration_images(const std::string& path, const Shape& input,
                                          const Preprocessing& preprocessing, int64_t most, const PictureFit& fit = {});

}  // namespace flashcell::quant
