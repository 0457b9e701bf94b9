// Convolutions in front of recurrent layers against plain loops, and gradients against differences.
#include "quant_models/recurrent/convolution_head.hpp"

#include <gtest/gtest.h>

namespace flashcell::quant {
namespace {

std::vector<float> sparse_picture(const ConvolutionHead& head, uint64_t seed) {
  Random random(seed, {1});
  std::vector<float> picture(static_cast<size_t>(head.front().inputs()));
  for (float& p : picture) p = random.uniform() < 0.2 ? static_cast<float>(random.uniform(0.5, 1.5)) : 0.0F;
  return picture;
}

/// A convolution written down once more: output by output, in double precision.
std::vector<double> plain(const HeadConvolution& layer, const std::vector<double>& in, bool planes) {
  const int side = layer.side, out_side = (side + 1) / 2;
  std::vector<double> out;
  for (int y = 0; y < out_side; ++y) {
    for (int x = 0; x < out_side; ++x) {
      for (int c = 0; c < layer.channels; ++c) {
        double sum = double{layer.biases[static_cast<size_t>(c)]};
        for (int k = 0; k < layer.channels_in; ++k) {
          for (int dy = 0; dy < 3; ++dy) {
            for (int dx = 0; dx < 3; ++dx) {
              const int row = 2 * y + dy - 1, column = 2 * x + dx - 1;
              if (row < 0 || row >= side || column < 0 || column >= side) continue;
              const int at = planes ? (k * side + row) * side + column : (row * side + column) * layer.channels_in + k;
              const int weight = ((k * 9) + dy * 3 + dx) * layer.channels + c;
              sum += in[static_cast<size_t>(at)] * double{layer.weights[static_cast<size_t>(weight)]};
            }
          }
        }
        out.push_back(std::max(sum, 0.0));
      }
    }
  }
  return out;
}

TEST(ConvolutionHead, IsAConvolution) {
  for (const int side : {7, 8}) {
    ConvolutionHead head = make_head(2, side, {5, 3}, 4);
    for (HeadConvolution& layer : head)
      for (float& b : layer.biases) b = 0.05F;
    ASSERT_EQ(fault_of(head), "");
    const std::vector<float> picture = sparse_picture(head, 9);
    const std::vector<double> wanted = plain(head[1], plain(head[0], {picture.begin(), picture.end()}, true), false);
    HeadRunner runner(head);
    const auto out = runner.forward(head, picture);
    ASSERT_EQ(out.size(), wanted.size());
    for (size_t i = 0; i < out.size(); ++i) EXPECT_NEAR(out[i], wanted[i], 1e-5);
    EXPECT_GT(runner.macs(), 0);
    EXPECT_LT(static_cast<double>(runner.macs()), dense_macs(head));
  }
}

TEST(ConvolutionHead, GradientsAreDifferences) {
  ConvolutionHead head = make_head(2, 6, {4, 3}, 4);
  for (HeadConvolution& layer : head)
    for (float& b : layer.biases) b = 0.1F;
  const std::vector<float> picture = sparse_picture(head, 9);
  HeadRunner runner(head);
  Random random(1, {2});
  std::vector<float> slopes(static_cast<size_t>(head.back().outputs()));
  for (float& s : slopes) s = static_cast<float>(random.normal());
  ConvolutionHead gradients = head;
  for (HeadConvolution& layer : gradients) {
    layer.weights.assign(layer.weights.size(), 0.0F);
    layer.biases.assign(layer.biases.size(), 0.0F);
  }
  runner.backward(head, picture, slopes, gradients);
  const auto loss = [&] {
    const std::vector<double> out = plain(head[1], plain(head[0], {picture.begin(), picture.end()}, true), false);
    double sum = 0;
    for (size_t i = 0; i < out.size(); ++i) sum += out[i] * double{slopes[i]};
    return sum;
  };
  int checked = 0;
  for (size_t l = 0; l < head.size(); ++l) {
    for (auto part : {&HeadConvolution::weights, &HeadConvolution::biases}) {
      for (size_t i = 0; i < (head[l].*part).size(); i += 5) {
        float& number = (head[l].*part)[i];
        const float kept = number, step = 1e-3F;
        number = kept + step;
        const double above = loss();
        number = kept - step;
        const double below = loss();
        number = kept;
        EXPECT_NEAR((gradients[l].*part)[i], (above - below) / (2 * double{step}), 2e-3) << l << " " << i;
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 30);
}

TEST(ConvolutionHead, WhatDoesNotFitIsTold) {
  ConvolutionHead head = make_head(2, 8, {4, 3}, 1);
  head[1].side = 5;
  EXPECT_NE(fault_of(head), "");
  head = make_head(2, 8, {4, 3}, 1);
  head[0].weights.pop_back();
  EXPECT_NE(fault_of(head), "");
  head = make_head(2, 8, {4}, 1);
  head[0].biases[0] = NAN;
  EXPECT_NE(fault_of(head), "");
}

}  // namespace
}  // namespace flashcell::quant
