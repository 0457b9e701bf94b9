#pragma once
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "quant_models/packed/model_builder.hpp"

namespace flashcell::test {

/// One convolution that is timed. Input and output are unsigned, 8 bits.
struct ConvolutionShape {
  const char* name;
  int side, in_channels, channels, kernel, stride, padding, items;
  bool depthwise = false;
};

inline const std::vector<ConvolutionShape>& convolution_shapes() {
  static const std::vector<ConvolutionShape> shapes = {
      {"3x3 64->64 on 64x64", 64, 64, 64, 3, 1, 1, 1},
      {"3x3 32->32 on 64x64", 64, 32, 32, 3, 1, 1, 1},
      {"3x3 16->32 on 64x64", 64, 16, 32, 3, 1, 1, 1},
      {"3x3 stride 2 16->16 on 128x128", 128, 16, 16, 3, 2, 1, 1},
      {"1x1 64->64 on 64x64", 64, 64, 64, 1, 1, 0, 1},
      {"3x3 16->16 on 14x14, 128 maps", 14, 16, 16, 3, 1, 1, 128},
      {"4x4 stride 4 1->16 on 512x512", 512, 1, 16, 4, 4, 0, 1},
      {"depthwise 3x3 64 on 64x64", 64, 64, 64, 3, 1, 1, 1, true},
      {"depthwise 3x3 stride 2 32 on 128x128", 128, 32, 32, 3, 2, 1, 1, true},
  };
  return shapes;
}

/// Adds layers with random weights to a model; sums spread over the whole output range.
class RandomLayers {
 public:
  explicit RandomLayers(const std::string& name) : builder(name) {}

  quant::ModelBuilder::Tensor convolution(quant::ModelBuilder::Tensor in, int channels, int kernel, int stride,
                                          int padding) {
    draw(channels, kernel * kernel * builder.tensor(in).channels);
    return builder.convolution("convolution", in, channels, quant::Window::square(kernel, stride, padding),
                               {weights, 8, bias, scales}, {});
  }
  quant::ModelBuilder::Tensor depthwise(quant::ModelBuilder::Tensor in, int kernel, int stride, int padding) {
    draw(builder.tensor(in).channels, kernel * kernel);
    return builder.depthwise("depthwise", in, quant::Window::square(kernel, stride, padding),
                             {weights, 8, bias, scales}, {});
  }
  quant::ModelBuilder::Tensor fully_connected(quant::ModelBuilder::Tensor in, int outputs) {
    draw(outputs, static_cast<int>(quant::bytes_of(builder.tensor(in))));
    return builder.fully_connected("fully connected", in, outputs, {weights, 8, bias, scales},
                                   {contract::ActivationType::signed8});
  }

  quant::ModelBuilder builder;
  std::vector<int8_t> weights;
  std::vector<int32_t> bias;
  std::vector<contract::Requantization> scales;

 private:
  void draw(int channels, int each) {
    weights.resize(static_cast<size_t>(channels) * static_cast<size_t>(each));
    for (int8_t& weight : weights) weight = static_cast<int8_t>(static_cast<int>(random_() % 255) - 127);
    bias.assign(static_cast<size_t>(channels), 500);
    scales.assign(static_cast<size_t>(channels), quant::requantization_for(0.01 / std::sqrt(each)));
  }

  std::mt19937 random_{1};
};

}  // namespace flashcell::test
