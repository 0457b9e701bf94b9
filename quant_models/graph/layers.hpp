#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "quant_models/graph/quantization.hpp"
#include "quant_models/graph/tensor.hpp"

// What a node of the graph computes. Every layer makes one value. A new kind of layer is a struct here, a name in
// layers.cpp, a shape in shapes.cpp and a step in execute/.
namespace flashcell::quant {

/// What a caller provides: the graph's input.
struct Input {
  Shape shape;
  bool operator==(const Input&) const = default;
};

/// A fixed value.
struct Constant {
  Tensor value;
  bool operator==(const Constant&) const = default;
};

/// Rows and columns around an image.
struct Padding {
  int top = 0, left = 0, bottom = 0, right = 0;
  bool operator==(const Padding&) const = default;
};

/// Rows and columns from one window to the next.
struct Stride {
  int rows = 1, columns = 1;
  bool operator==(const Stride&) const = default;
};

/// Two-dimensional cross-correlation, dilation 1, zeros around the image.
/// N x I x H x W -> N x O x H' x W'. Depthwise: groups == I.
struct Convolution {
  Tensor weight;  ///< O x I/groups x kernel rows x kernel columns
  Tensor bias;    ///< O, or empty
  Stride stride = {};
  Padding padding = {};
  int groups = 1;
  std::optional<Quantization> weight_quantization = {};
  bool operator==(const Convolution&) const = default;
};

/// y = W x + b along the last dimension: ... x I -> ... x O.
struct FullyConnected {
  Tensor weight;  ///< O x I
  Tensor bias;    ///< O, or empty
  std::optional<Quantization> weight_quantization = {};
  bool operator==(const FullyConnected&) const = default;
};

/// y = scale * (x - mean) / sqrt(variance + epsilon) + bias, channel by channel (dimension 1).
struct BatchNormalization {
  Tensor scale, bias, mean, variance;  ///< C each
  float epsilon = 1e-5F;
  bool operator==(const BatchNormalization&) const = default;
};

enum class ActivationKind {
  relu,        ///< max(x, 0)
  clip,        ///< min(max(x, low), high); ReLU6 is 0 .. 6
  leaky_relu,  ///< x < 0 ? slope * x : x
  sigmoid,     ///< 1 / (1 + exp(-x))
  swish,       ///< x * sigmoid(x), also called SiLU
  tanh,
  hard_sigmoid,  ///< min(max(slope * x + offset, 0), 1)
  hard_swish,    ///< x * min(max(x / 6 + 1/2, 0), 1)
};

struct Activation {
  ActivationKind kind = ActivationKind::relu;
  float low = 0, high = 6;          ///< of clip
  float slope = 0.01F, offset = 0;  ///< of leaky_relu (slope) and hard_sigmoid (both)
  bool operator==(const Activation&) const = default;
};

/// exp(x) / sum of exp(x) along `axis`.
struct Softmax {
  int axis = -1;  ///< below 0: from the end
  bool operator==(const Softmax&) const = default;
};

enum class PoolKind { max, average };

struct Pool {
  PoolKind kind = PoolKind::max;
  std::array<int, 2> kernel = {2, 2};  ///< rows, columns
  Stride stride = {2, 2};
  Padding padding = {};
  bool count_padding = false;  ///< average only: padding counts as zeros
  bool operator==(const Pool&) const = default;
};

/// N x C x H x W -> N x C x 1 x 1.
struct GlobalPool {
  PoolKind kind = PoolKind::average;
  bool operator==(const GlobalPool&) const = default;
};

/// Sum or product of two values, extents of 1 stretched as NumPy does.
struct Add {
  bool operator==(const Add&) const = default;
};
struct Multiply {
  bool operator==(const Multiply&) const = default;
};

struct Concat {
  int axis = 1;
  bool operator==(const Concat&) const = default;
};

/// Every step-th index from begin to before end, along one dimension.
struct Slice {
  int axis = 1;
  int64_t begin = 0, end = 0, step = 1;
  bool operator==(const Slice&) const = default;
};

/// A border of one value, all around or along some dimensions.
struct Pad {
  std::vector<int64_t> before, after;  ///< one for each dimension
  float value = 0;
  bool operator==(const Pad&) const = default;
};

/// Enlarges N x C x H x W by whole factors; each pixel becomes a block.
struct ResizeNearest {
  int rows = 2, columns = 2;
  bool operator==(const ResizeNearest&) const = default;
};

struct Reshape {
  Shape target;  ///< 0: as in the input; -1 (at most once): what remains
  bool operator==(const Reshape&) const = default;
};

struct Transpose {
  std::vector<int> order;  ///< output dimension i is input dimension order[i]
  bool operator==(const Transpose&) const = default;
};

using Layer = std::variant<Input, Constant, Convolution, FullyConnected, BatchNormalization, Activation, Softmax, Pool,
                           GlobalPool, Add, Multiply, Concat, Slice, Pad, ResizeNearest, Reshape, Transpose>;

/// "convolution 3x3", "depthwise 3x3", "ReLU6", "max pool 2x2", ...
std::string describe(const Layer& layer);

/// The layer's trainable weight matrix, its bias and how the weights are quantized; null for layers without.
Tensor* weight_of(Layer& layer);
const Tensor* weight_of(const Layer& layer);
Tensor* bias_of(Layer& layer);
const Tensor* bias_of(const Layer& layer);
std::optional<Quantization>* weight_quantization_of(Layer& layer);
const std::optional<Quantization>* weight_quantization_of(const Layer& layer);

/// Layers that move or choose numbers without computing: their output keeps their input's quantization.
bool only_moves(const Layer& layer);

}  // namespace flashcell::quant
