#pragma once
#include <string>

#include "quant_models/data/cifar10.hpp"

namespace flashcell::quant {

/// A pair of IDX files as MNIST has them (LeCun, Cortes, Burges: THE MNIST DATABASE of handwritten digits): unsigned
/// bytes of N x rows x columns, and N labels. Each may be gzip-packed. Throws ModelError naming the file: another type
/// or number of dimensions, a size that the bytes do not fill, labels that do not fit the images or lie outside 0..9.
LabelledImages read_mnist(const std::string& images_path, const std::string& labels_path);

/// The same from the files' bytes; the paths stand in messages.
LabelledImages parse_mnist(std::vector<uint8_t> images_bytes, const std::string& images_path,
                           std::vector<uint8_t> labels_bytes, const std::string& labels_path);

/// The training or test pair by MNIST's own file names, with or without ".gz", in `folder`.
LabelledImages read_mnist_folder(const std::string& folder, bool training);

}  // namespace flashcell::quant
