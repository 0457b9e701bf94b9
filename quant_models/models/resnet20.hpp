#pragma once
#include <map>
#include <string>

#include "quant_models/data/numpy_file.hpp"
#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

/// ResNet-20 for CIFAR-10 (He et al., Deep Residual Learning for Image Recognition, section 4.2; shortcuts without
/// parameters: every second pixel, zeros for the new channels), from arrays named as PyTorch's state_dict of the
/// akamaster/pytorch_resnet_cifar10 model. Input 1 x 3 x 32 x 32, pixels / 255 normalized by kImageNetMean and
/// kImageNetDeviation; output 1 x 10 scores. Batch normalization is a node of its own.
/// Throws ModelError naming the array that is missing or has another shape.
Graph make_resnet20(const std::map<std::string, NumpyArray>& arrays);

/// The normalization this model was trained with: the ImageNet figures.
inline const std::vector<float> kImageNetMean = {0.485F, 0.456F, 0.406F};
inline const std::vector<float> kImageNetDeviation = {0.229F, 0.224F, 0.225F};

}  // namespace flashcell::quant
