#pragma once
#include <string>
#include <vector>

#include "quant_models/layers/layer.hpp"
#include "quant_models/layers/onnx_tensor.hpp"
#include "quant_models/node_id.hpp"

namespace flashcell::quant {

/// One node of an ONNX file while it is turned into nodes of the graph. Messages of what it throws (ModelError) do not
/// name the node; the importer adds that.
class OnnxNode {
 public:
  virtual ~OnnxNode() = default;

  virtual const std::string& type() const = 0;
  /// The file's operator set.
  virtual int64_t opset() const = 0;

  /// Inputs. `has`: given and not left out by an empty name.
  virtual int input_count() const = 0;
  virtual bool has(int input) const = 0;
  virtual const std::string& input_name(int input) const = 0;
  /// The node that makes the input; a known real tensor becomes a Constant.
  virtual NodeId value(int input) = 0;
  virtual const Shape& shape_of(NodeId value) const = 0;
  const Shape& shape(int input) { return shape_of(value(input)); }
  /// Null when the input is not known now.
  virtual const onnx::Known* known(int input) const = 0;
  /// A known input; throws with `what` it is for where it is not.
  const onnx::Known& require_known(int input, const char* what) const;
  std::vector<int64_t> integers(int input, const char* what) const;
  float number(int input, float otherwise) const;

  /// Attributes.
  virtual bool has_attribute(const char* name) const = 0;
  virtual int64_t integer(const char* name, int64_t otherwise) const = 0;
  virtual float real(const char* name, float otherwise) const = 0;
  virtual std::string text(const char* name, const std::string& otherwise) const = 0;
  virtual std::vector<int64_t> integers(const char* name) const = 0;
  virtual std::vector<float> reals(const char* name) const = 0;
  /// Throws where the attribute is given with another value than the only one supported.
  void require_attribute(const char* name, int64_t only, int64_t otherwise) const;
  /// From the attribute up to the operator set before `since`, from the input from then on; empty when left out.
  std::vector<int64_t> attribute_or_input(const char* name, int input, int64_t since) const;

  /// Outputs. `emit` adds a node for output 0; `helper` one that the file does not have.
  virtual int output_count() const = 0;
  virtual bool has_output(int output) const = 0;
  virtual NodeId emit(Layer layer, std::vector<NodeId> inputs, int output = 0) = 0;
  virtual NodeId helper(const std::string& suffix, Layer layer, std::vector<NodeId> inputs) = 0;
  /// Output 0 is the input as it is, known or not; readers of one name read the other's value as well.
  virtual void pass_on(int input) = 0;

  /// Throw ModelError when copies of the file's numbers outgrow the file: a small file could else fill the memory.
  virtual void require_room(size_t numbers) const = 0;  ///< before they are made
  virtual void count_copies(size_t numbers) = 0;
};

}  // namespace flashcell::quant
