#pragma once
#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"

namespace flashcell::test {

/// A published architecture with random weights: its speed is that of the trained network.
struct PublishedNetwork {
  std::string name;
  quant::Graph graph;
};

/// MobileNetV2 (Sandler et al., CVPR 2018), SqueezeNet 1.1 (Iandola et al., arXiv:1602.07360), ShuffleNetV2-0.5 (Ma et
/// al., ECCV 2018) and ResNet-18 (He et al., CVPR 2016) for 224x224 pixels, ResNet-20 and ResNet-32 (the same) for
/// 32x32. In real numbers.
std::vector<PublishedNetwork> published_networks();

}  // namespace flashcell::test
