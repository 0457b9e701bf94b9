#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "quant_models/random.hpp"

namespace flashcell::quant {

/// A convolution over a square picture: 3x3 pixels around every second pixel, zeros outside, ReLU.
struct HeadConvolution {
  int channels_in = 0, channels = 0;
  int side = 0;                ///< px of the picture it reads
  std::vector<float> weights;  ///< channels_in x 9 (row by row) x channels
  std::vector<float> biases;   ///< channels

  int side_out() const { return (side + 1) / 2; }
  int inputs() const { return channels_in * side * side; }
  int outputs() const { return channels * side_out() * side_out(); }
  bool operator==(const HeadConvolution&) const = default;
};

/// Convolutions one above the other, in front of recurrent layers, at every step. The first reads planes (channel, row,
/// column), as events are binned; what leaves each lies pixel by pixel (row, column, channel).
using ConvolutionHead = std::vector<HeadConvolution>;

/// Of so many channels each, for pictures of `planes` planes; weights even in +-sqrt(6 / numbers a sum has) (He et al.,
/// ICCV 2015).
ConvolutionHead make_head(int planes, int side, const std::vector<int>& channels, uint64_t seed);

/// What is wrong with it, as the end of a line; empty: nothing.
std::string fault_of(const ConvolutionHead& head);

/// Runs a head picture by picture: work grows with what is not zero. One a thread.
class HeadRunner {
 public:
  explicit HeadRunner(const ConvolutionHead& head);

  /// The last convolution's output; valid until the next call. The head's weights may have changed since, its sizes
  /// not.
  std::span<const float> forward(const ConvolutionHead& head, std::span<const float> picture);

  /// Adds to `gradients`, a head of the same sizes, what a loss with the gradient `slopes` by that output has by the
  /// weights.
  void backward(const ConvolutionHead& head, std::span<const float> picture, std::span<const float> slopes,
                ConvolutionHead& gradients);

  /// Multiply-accumulates of forward() so far: numbers that are not zero times weights they meet.
  int64_t macs() const { return macs_; }

 private:
  /// A number of a picture that is not zero.
  struct Spot {
    int channel, row, column;
    float value;
    size_t place;  // in the picture
  };
  void find_spots(const HeadConvolution& layer, std::span<const float> picture, bool planes);

  std::vector<std::vector<float>> outputs_, slopes_;  // of each convolution
  std::vector<Spot> spots_;
  int64_t macs_ = 0;
};

/// Multiply-accumulates of a picture without zeros.
double dense_macs(const ConvolutionHead& head);

}  // namespace flashcell::quant
