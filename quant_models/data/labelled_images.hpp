#pragma once
#include <string>
#include <vector>

#include "quant_models/data/class_folders.hpp"
#include "quant_models/data/picture.hpp"
#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant {

/// Pictures of which the class is known, for a classifier that takes images `input` (N x C x H x W) and tells `classes`
/// classes: a CIFAR-10 file (.bin), MNIST's folder (its test images), or a folder or archive with a folder of pictures
/// a class. `names`: the network's own; where it has none, folders that are numbers, padded to one length or not,
/// number its outputs. Throws ModelError that names the data, also where its channels or classes are not the network's.
ClassFolders read_labelled_images(const std::string& data, const Shape& input, int64_t classes,
                                  const std::vector<std::string>& names, const PictureFit& fit = {});

/// Image i of them, brought to the size of `input` (N x C x H x W) where it has another (resize()).
Picture labelled_picture(const LabelledImages& images, int64_t i, const Shape& input);

}  // namespace flashcell::quant
