#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"
#include "quant_models/onnx/tensor_data.hpp"

namespace flashcell::quant::onnx {

/// A value between QuantizeLinear and DequantizeLinear: integers that the graph holds as the node's quantization.
struct Stored {
  NodeId node = 0;
  std::string value;  ///< what the file calls the node's real numbers
  int data_type = 0;  ///< of the integers in the file
  Quantization quantization;
};

/// Networks share weights between a few layers at most; quantized weights pass two more nodes.
inline constexpr uint64_t kMostCopies = 16, kFreeNumbers = 1 << 20;

/// What has been read of a file so far. Every value of the file is in one of the three maps, by its name.
struct ImportState {
  Graph graph;
  int64_t opset = 0;
  std::map<std::string, NodeId> values;
  std::map<std::string, Known> known;
  std::map<std::string, Stored> stored;
  std::map<std::string, int> uses;  ///< readers of a value in the file, graph outputs included
  uint64_t stored_numbers = 0;      ///< in the file's tensors
  uint64_t copied_numbers = 0;      ///< made of them so far

  /// Throws ModelError when copies of the file's numbers outgrow the file: a small file could else fill the memory.
  /// All that a file's nodes make of its tensors may come to kMostCopies times those and kFreeNumbers.
  void require_room(size_t numbers) const;  ///< before they are made
  void count_copies(size_t numbers);
};

/// One node of the file while it is turned into nodes of the graph. Messages of what it throws (ModelError) do not name
/// the node; import.cpp adds that.
class OperatorContext {
 public:
  OperatorContext(ImportState& state, const onnx_file::NodeProto& node) : state_(state), node_(node) {}

  ImportState& state() { return state_; }
  Graph& graph() { return state_.graph; }
  int64_t opset() const { return state_.opset; }
  const onnx_file::NodeProto& node() const { return node_; }
  const std::string& type() const { return node_.op_type(); }

  /// Inputs. `has`: given and not left out by an empty name.
  bool has(int input) const;
  const std::string& input_name(int input) const;
  /// The node that makes the input; a known real tensor becomes a Constant.
  NodeId value(int input);
  const Shape& shape(int input) { return graph().node(value(input)).shape; }
  /// Null when the input is not known now.
  const Known* known(int input) const;
  /// A known input; throws with `what` it is for where it is not.
  const Known& require_known(int input, const char* what) const;
  std::vector<int64_t> integers(int input, const char* what) const;
  float number(int input, float otherwise) const;

  /// Attributes.
  bool has_attribute(const char* name) const { return find(name) != nullptr; }
  int64_t integer(const char* name, int64_t otherwise) const;
  float real(const char* name, float otherwise) const;
  std::string text(const char* name, const std::string& otherwise) const;
  std::vector<int64_t> integers(const char* name) const;
  const onnx_file::AttributeProto* find(const char* name) const;
  /// Throws where the attribute is given with another value than the only one supported.
  void require_attribute(const char* name, int64_t only, int64_t otherwise) const;
  /// From the attribute up to the operator set before `since`, from the input from then on; empty when left out.
  std::vector<int64_t> attribute_or_input(const char* name, int input, int64_t since) const;

  /// Outputs. `emit` adds a node for output 0; `helper` one that the file does not have.
  const std::string& output_name(int output = 0) const;
  NodeId emit(Layer layer, std::vector<NodeId> inputs, int output = 0);
  NodeId helper(const std::string& suffix, Layer layer, std::vector<NodeId> inputs);
  /// Output 0 is a value that exists already, under this other name.
  void alias(NodeId value) { state_.values[output_name()] = value; }
  /// Output 0 is the input as it is, known or not; readers of one name read the other's value as well.
  void pass_on(int input);
  void emit_known(Known known, int output = 0);
  /// A reshape of `value` to `shape`; the batch stays open where the first extent does not change.
  NodeId emit_reshape(NodeId value, Shape shape);

 private:
  ImportState& state_;
  const onnx_file::NodeProto& node_;
};

/// A known real tensor of so many numbers, in one dimension. Throws ModelError with `what` it is.
Tensor vector_of(const Known& known, int64_t length, const char* what);

/// An axis of integers or attributes, counted from the end when below 0. Throws ModelError.
int checked_axis(int64_t axis, size_t rank);

/// One node of the file into the graph. Throws ModelError for an operator that is not supported.
void import_operator(OperatorContext& context);

/// What can be worked out while the file is read: Constant, Shape, and some 50 operators whose inputs are known. False
/// when the node is none of these.
bool fold_constants(OperatorContext& context);
std::vector<std::string> folded_operators();

/// QuantizeLinear, Clip of stored integers, DequantizeLinear. False when the node is none of these.
bool import_quantization(OperatorContext& context);

}  // namespace flashcell::quant::onnx
