#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "quant_models/layers/window.hpp"
#include "quant_models/node_id.hpp"
#include "quant_models/packed/model_builder.hpp"
#include "quant_models/tensor/quantization.hpp"
#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant {

/// Weights in the engine's order, with what belongs to each output channel.
struct PackedWeights {
  std::vector<int8_t> values;
  std::vector<int32_t> bias;
  std::vector<contract::Requantization> scales;
  int bits = 8;

  LayerWeights view() const { return {values, bits, bias, scales}; }
};

/// How a value's numbers lie in the engine's tensor.
enum class Layout : uint8_t {
  rows,   ///< in the graph's order: the last dimension is the channels
  image,  ///< 1 x C x H x W: rows, columns, channels
};

/// Where a layer writes itself as the engine's integer program: the program so far, and the one node of the graph that
/// is being lowered. All throw ModelError that names the node.
class Lowering {
 public:
  /// A stored value: the engine's tensor, with the real scale and zero point of its numbers.
  struct Value {
    ModelBuilder::Tensor tensor = 0;
    double scale = 1;
    int zero_point = 0;
    Layout layout = Layout::rows;
  };

  /// A value that is read with strides: places in the tensor of the first of its numbers and from one to the next along
  /// each dimension, 0 where the extent is 1.
  struct Operand {
    Value source;
    int64_t first = 0;
    std::vector<int64_t> strides;
  };

  /// Where a computing layer's value is stored: its own, or, where it is not, that of the layer behind it that only
  /// cuts values off.
  struct Target {
    NodeId id = 0;
    ActivationFormat format;
    Clamp clamp;
  };

  /// What a layer reads that can choose among its input's channels, and which of them; empty: all.
  struct Chosen {
    Value source;
    std::vector<int> channels;
  };

  virtual ~Lowering() = default;

  virtual ModelBuilder& builder() = 0;

  /// The node: its name, the shape of its value, its inputs' stored values.
  virtual const std::string& name() const = 0;
  virtual const Shape& shape() const = 0;
  virtual size_t input_count() const = 0;
  virtual const Shape& input_shape(size_t i) const = 0;
  /// As it is stored already, or as an image where it has that shape; or in a layout of the reader's.
  virtual Value input(size_t i) = 0;
  virtual Value input(size_t i, Layout layout) = 0;
  virtual Operand operand(size_t i) = 0;
  virtual Chosen chosen_input() = 0;
  /// The fixed numbers that are the node's i-th input; null: it is computed.
  virtual const Tensor* fixed_input(size_t i) const = 0;
  /// Fixed numbers, stretched to a shape, in a layout, stored as the i-th input says.
  virtual Value stretched_input(size_t i, const Shape& shape, Layout layout) = 0;

  /// Throws: the engine has no such layer, for the reason given.
  [[noreturn]] virtual void refuse(const std::string& why) const = 0;

  /// Of a layer that computes: where its value goes, and that it has been written there.
  virtual Target target() = 0;
  virtual void keep(const Target& target, ModelBuilder::Tensor tensor, Layout layout) = 0;
  /// Of one whose numbers come in rows of matrices: where the layers behind it, which only move them, want them.
  struct MatrixTarget {
    Target target;
    Extents extents;
    int64_t first = 0;
    std::vector<int64_t> strides;  ///< one for each dimension of the node's shape
  };
  virtual MatrixTarget matrix_target() = 0;
  /// The node's own place, whatever reads it.
  virtual Target own_target() const = 0;
  /// Of a layer that moves its first input's numbers in a layer of the engine: its value is stored as the input's.
  virtual void require_same_storage() const = 0;
  virtual void keep_as_input(ModelBuilder::Tensor tensor) = 0;
  /// Of a layer that changes which number stands where; written once something reads it.
  virtual void rearrange() = 0;

  /// The engine's factor nearest to a real one.
  virtual contract::Requantization factor(double real) const = 0;
  /// The same where multipliers have a sign and up to so many bits.
  virtual contract::Requantization dyadic_factor(double real, int bits) const = 0;

  /// The integers of a layer's weights, its bias in steps of its sums with both zero points folded in, and the factors
  /// from sums to outputs. place(o, i): where weight i of output channel o goes, among `packed_count`; what nothing
  /// goes to stays 0.
  virtual PackedWeights pack(const Tensor& weight, const Tensor& bias, const std::optional<Quantization>& quantization,
                             const Value& in, const ActivationFormat& out, size_t packed_count,
                             const std::function<size_t(size_t, size_t)>& place) const = 0;
  /// The node's value as a function of each of its input's numbers, looked up.
  void look_up(const std::function<double(double)>& function);
  /// The inputs of a sum or product of two, the larger one first: both in one layout, the second stretched where it is
  /// fixed and neither a pixel nor a channel of the first.
  struct Pair {
    Value first, second;
  };
  Pair pair();
  /// A window in the engine's terms.
  static Window window(int rows, int columns, const Stride& stride, const Padding& padding,
                       const Dilation& dilation = {});
};

}  // namespace flashcell::quant
