#pragma once
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "quant_models/layers/activation.hpp"
#include "quant_models/layers/add.hpp"
#include "quant_models/layers/batch_normalization.hpp"
#include "quant_models/layers/concat.hpp"
#include "quant_models/layers/constant.hpp"
#include "quant_models/layers/convolution.hpp"
#include "quant_models/layers/divide.hpp"
#include "quant_models/layers/elementwise.hpp"
#include "quant_models/layers/fully_connected.hpp"
#include "quant_models/layers/gather.hpp"
#include "quant_models/layers/gelu.hpp"
#include "quant_models/layers/global_pool.hpp"
#include "quant_models/layers/input.hpp"
#include "quant_models/layers/layer_normalization.hpp"
#include "quant_models/layers/multiply.hpp"
#include "quant_models/layers/pad.hpp"
#include "quant_models/layers/pool.hpp"
#include "quant_models/layers/product.hpp"
#include "quant_models/layers/reduce_mean.hpp"
#include "quant_models/layers/reshape.hpp"
#include "quant_models/layers/resize_linear.hpp"
#include "quant_models/layers/resize_nearest.hpp"
#include "quant_models/layers/slice.hpp"
#include "quant_models/layers/softmax.hpp"
#include "quant_models/layers/transpose.hpp"
#include "quant_models/layers/transposed_convolution.hpp"

// What a node of the graph computes. Every layer makes one value. A new kind is a struct in a file of this folder that
// is a LayerKind, and one line in the list below; what walks the list (onnx/, execute/, export/, train/) names none.
namespace flashcell::quant {

/// What every kind of layer says of itself. Besides, one may have
///   kInputs              how many inputs it reads, unless one
///   onnx_operators()     the operators of ONNX that become it, or that come down to it
///   kIsView              true: its value is its input's memory under another shape
///   only_moves()         it moves or chooses numbers without computing: its output keeps its input's quantization
///   parameters()         its fixed numbers
///   macs_per_number(in)  multiply-accumulates for each number of its value
///   moved_places(in, out, places)   of one that changes which number stands where: the places of its value's numbers
///                        from those of its input's
///   engine_clamp(format) of one that the engine computes with the layer before it: where that is cut off
///   reads_chosen_channels()         it may read some channels of its input, in any order, as well as all
///   take_trained(values) of one whose numbers training changes
///   weight, bias, weight_quantization    members of a layer with a trainable matrix.
template <class Kind>
concept LayerKind = std::equality_comparable<Kind> &&
    requires(const Kind& layer, const Shape& out, std::span<const Shape> in, OnnxWriter& file, Lowering& engine) {
  // "convolution 3x3", "ReLU6", ...
  { layer.describe() } -> std::same_as<std::string>;
  // Of its value; checks the layer as well and throws ModelError.
  { layer.infer_shape(in) } -> std::same_as<Shape>;
  // In float32; none where the value is there before a run.
  { layer.make_step(out, in) } -> std::same_as<Step>;
  // In operators of the file's set.
  layer.write_onnx(file);
  // As a layer of the engine, or refused.
  layer.lower(engine);
  // For training; in a file of its own, built where libtorch is there.
  &Kind::make_torch_operation;
};

/// The list of kinds.
template <LayerKind... Kinds>
using LayerOf = std::variant<Kinds...>;
using Layer =
    LayerOf<Input, Constant, Convolution, FullyConnected, BatchNormalization, Activation, Softmax, Pool, GlobalPool,
            Add, Multiply, Concat, Slice, Pad, ResizeNearest, Reshape, Transpose, Product, LayerNormalization, Gelu,
            ReduceMean, Gather, Divide, Elementwise, TransposedConvolution, ResizeLinear>;

/// "convolution 3x3", "depthwise 3x3", "ReLU6", "max pool 2x2", ...
std::string describe(const Layer& layer);

/// Shape of what the layer makes of inputs of these shapes. Checks the layer itself as well: number of inputs, sizes of
/// its weights, quantization. Throws ModelError that says what does not fit (not which node: the graph adds that).
Shape infer_shape(const Layer& layer, std::span<const Shape> inputs);

/// The layer's own step; none for inputs and constants. Shapes of its value and of its inputs.
Step make_step(const Layer& layer, const Shape& out, std::span<const Shape> inputs);

/// What turns ONNX's operators into layers: all kinds' own.
OnnxOperators onnx_operators();
/// A layer that hands a value of so many dimensions on as it is.
Layer pass_through(size_t rank);
/// The node with this layer as ONNX's operators.
void write_onnx(const Layer& layer, OnnxWriter& file);

/// The node with this layer as a layer of the engine. Throws ModelError that names the node.
void lower(const Layer& layer, Lowering& engine);
/// Layers that change which number stands where, and the places of its value's numbers from those of its input's.
bool rearranges(const Layer& layer);
std::vector<int32_t> moved_places(const Layer& layer, const Shape& in, const Shape& out,
                                  const std::vector<int32_t>& places);
/// Layers that the engine computes with the layer before them, and where that is then cut off. Throws ModelError for
/// one that does more.
bool follows_in_engine(const Layer& layer);
Clamp engine_clamp(const Layer& layer, const ActivationFormat& format);
/// Layers that may read some channels of their input, in any order.
bool reads_chosen_channels(const Layer& layer);

/// The layer's trainable weight matrix, its bias and how the weights are quantized; null for layers without.
Tensor* weight_of(Layer& layer);
const Tensor* weight_of(const Layer& layer);
Tensor* bias_of(Layer& layer);
const Tensor* bias_of(const Layer& layer);
std::optional<Quantization>* weight_quantization_of(Layer& layer);
const std::optional<Quantization>* weight_quantization_of(const Layer& layer);

/// The weights as the layer computes with them: fake-quantized where it says so. The layer must have weights.
Tensor effective_weight(const Layer& layer);

/// Numbers in the layer's weights, bias and other fixed tensors.
int64_t parameter_count(const Layer& layer);
/// Multiply-accumulates for each number of the layer's value, of inputs of these shapes.
int64_t macs_per_number(const Layer& layer, std::span<const Shape> inputs);

/// Layers that move or choose numbers without computing: their output keeps their input's quantization.
bool only_moves(const Layer& layer);
/// Layers whose value is their input's memory under another shape.
bool is_view(const Layer& layer);

}  // namespace flashcell::quant
