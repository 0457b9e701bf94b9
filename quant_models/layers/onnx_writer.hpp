#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "quant_models/tensor/quantization.hpp"
#include "quant_models/tensor/tensor.hpp"

namespace flashcell::quant {

/// An attribute of an operator in an ONNX file.
struct OnnxAttribute {
  using Value = std::variant<int64_t, float, std::string, std::vector<int64_t>>;

  std::string name;
  Value value;
};

/// Where a layer writes itself in ONNX's operators: the file, and the one node of the graph that is
/// being written. Everything appears in the file in the order of the calls.
class OnnxWriter {
 public:
  using Names = std::vector<std::string>;
  using Attributes = std::vector<OnnxAttribute>;

  virtual ~OnnxWriter() = default;

  /// The file's operator set: 13, or 21 where values have more than 8 bits.
  virtual int64_t opset() const = 0;

  /// The node: its name, what the file calls its inputs' values, what it is to call the node's own value, its shape.
  virtual const std::string& name() const = 0;
  virtual const Names& inputs() const = 0;
  virtual const std::string& output() const = 0;
  virtual const Shape& shape() const = 0;
  virtual const Shape& input_shape(size_t i) const = 0;

  /// Appends an operator.
  virtual void add(const std::string& type, const std::string& name, const Names& inputs, const std::string& output,
                   const Attributes& attributes = {}) = 0;
  /// The node itself as one operator, with `more` inputs behind its own.
  void add_node(const std::string& type, const Names& more = {}, const Attributes& attributes = {});

  /// `wanted`, or with "_2", "_3", ... behind where the file has that name.
  virtual std::string free_name(const std::string& wanted) = 0;

  /// Fixed numbers of the node in the file, under its name, a dot and `suffix`; what the file calls them.
  std::string store(const char* suffix, const Tensor& tensor);
  std::string store(const char* suffix, const std::vector<int64_t>& integers);
  /// Weights, behind a DequantizeLinear where they are quantized.
  virtual std::string store_weight(const Tensor& weight, const std::optional<Quantization>& quantization) = 0;

  /// The node is an input of the network, or fixed numbers under its own name.
  virtual void write_input(const Shape& shape) = 0;
  virtual void write_constant(const Tensor& tensor) = 0;

 protected:
  virtual std::string store_tensor(const std::string& wanted, const Tensor& tensor) = 0;
  virtual std::string store_integers(const std::string& wanted, const std::vector<int64_t>& integers) = 0;
};

}  // namespace flashcell::quant
