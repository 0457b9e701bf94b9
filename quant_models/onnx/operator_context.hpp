#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "quant_models/graph/graph.hpp"
#include "quant_models/layers/onnx_arguments.hpp"
#include "quant_models/layers/onnx_node.hpp"
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
  std::set<std::string> bytes;      ///< those of the values that are uint8 in the file: inputs, until they are cast
  std::map<std::string, int> uses;  ///< readers of a value in the file, graph outputs included
  uint64_t stored_numbers = 0;      ///< in the file's tensors
  uint64_t copied_numbers = 0;      ///< made of them so far

  /// Throws ModelError when copies of the file's numbers outgrow the file: a small file could else fill the memory.
  /// All that a file's nodes make of its tensors may come to kMostCopies times those and kFreeNumbers.
  void require_room(size_t numbers) const;  ///< before they are made
  void count_copies(size_t numbers);
};

/// The importer's own view of a node of the file.
class OperatorContext : public OnnxNode {
 public:
  OperatorContext(ImportState& state, const onnx_file::NodeProto& node) : state_(state), node_(node) {}

  ImportState& state() { return state_; }
  Graph& graph() { return state_.graph; }
  const onnx_file::NodeProto& node() const { return node_; }

  const std::string& type() const override { return node_.op_type(); }
  int64_t opset() const override { return state_.opset; }

  int input_count() const override { return node_.input_size(); }
  bool has(int input) const override;
  const std::string& input_name(int input) const override;
  NodeId value(int input) override;
  const Shape& shape_of(NodeId value) const override { return state_.graph.node(value).shape; }
  const Known* known(int input) const override;

  using OnnxNode::integers;
  const onnx_file::AttributeProto* find(const char* name) const;
  bool has_attribute(const char* name) const override { return find(name) != nullptr; }
  int64_t integer(const char* name, int64_t otherwise) const override;
  float real(const char* name, float otherwise) const override;
  std::string text(const char* name, const std::string& otherwise) const override;
  std::vector<int64_t> integers(const char* name) const override;
  std::vector<float> reals(const char* name) const override;

  int output_count() const override { return node_.output_size(); }
  bool has_output(int output) const override { return output < node_.output_size() && !node_.output(output).empty(); }
  const std::string& output_name(int output = 0) const;
  NodeId emit(Layer layer, std::vector<NodeId> inputs, int output = 0) override;
  NodeId helper(const std::string& suffix, Layer layer, std::vector<NodeId> inputs) override;
  void pass_on(int input) override;
  /// Output 0 is a value that exists already, under this other name.
  void alias(NodeId value) { state_.values[output_name()] = value; }
  void emit_known(Known known, int output = 0);

  void require_room(size_t numbers) const override { state_.require_room(numbers); }
  void count_copies(size_t numbers) override { state_.count_copies(numbers); }

 private:
  ImportState& state_;
  const onnx_file::NodeProto& node_;
};

/// One node of the file into the graph. Throws ModelError for an operator that is not supported.
void import_operator(OperatorContext& context);

/// What can be worked out while the file is read: Constant, Shape, and some 50 operators whose inputs are known. False
/// when the node is none of these.
bool fold_constants(OperatorContext& context);
std::vector<std::string> folded_operators();

/// The node's output is `source`, which the file calls `value`, quantized: the source itself where nothing reads it as
/// real numbers; else a copy of it.
void attach_quantization(OperatorContext& context, NodeId source, const std::string& value, const Quantization& q);

/// QuantizeLinear, Clip of stored integers, DequantizeLinear. False when the node is none of these.
bool import_quantization(OperatorContext& context);

}  // namespace flashcell::quant::onnx
