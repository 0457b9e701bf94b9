#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "quant_models/onnx/onnx.pb.h"
#include "quant_models/tensor/tensor.hpp"

// ONNX files by hand, for tests and the fuzzers' seeds.
namespace flashcell::test {

/// A model of one input x (1 x 4 x 6 x 6) whose output is y.
struct OnnxFile {
  quant::onnx_file::ModelProto proto;

  explicit OnnxFile(int64_t opset = 13) {
    proto.set_ir_version(7);
    proto.add_opset_import()->set_version(opset);
    add_input("x", {1, 4, 6, 6});
    proto.mutable_graph()->add_output()->set_name("y");
  }

  void add_input(const std::string& name, const quant::Shape& shape) {
    quant::onnx_file::ValueInfoProto* input = proto.mutable_graph()->add_input();
    input->set_name(name);
    input->mutable_type()->mutable_tensor_type()->set_elem_type(1);
    for (const int64_t extent : shape)
      input->mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(extent);
  }

  quant::onnx_file::NodeProto& add(const std::string& type, const std::vector<std::string>& inputs,
                                   const std::string& output) {
    quant::onnx_file::NodeProto* node = proto.mutable_graph()->add_node();
    node->set_op_type(type);
    node->set_name("the " + type);
    for (const std::string& input : inputs) node->add_input(input);
    node->add_output(output);
    return *node;
  }

  void set(quant::onnx_file::NodeProto& node, const std::string& name, const std::vector<int64_t>& values) {
    quant::onnx_file::AttributeProto* attribute = node.add_attribute();
    attribute->set_name(name);
    for (const int64_t value : values) attribute->add_ints(value);
    if (values.size() == 1) attribute->set_i(values[0]);
  }

  quant::onnx_file::TensorProto& add_integers(const std::string& name, const std::vector<int64_t>& values,
                                              bool scalar = false) {
    quant::onnx_file::TensorProto* tensor = proto.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(7);
    if (!scalar) tensor->add_dims(static_cast<int64_t>(values.size()));
    for (const int64_t value : values) tensor->add_int64_data(value);
    return *tensor;
  }

  quant::onnx_file::TensorProto& add_reals(const std::string& name, const quant::Shape& dims, float value) {
    quant::onnx_file::TensorProto* tensor = proto.mutable_graph()->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(1);
    for (const int64_t extent : dims) tensor->add_dims(extent);
    for (int64_t i = 0; i < quant::element_count(dims); ++i) tensor->add_float_data(value);
    return *tensor;
  }

  std::string bytes() const { return proto.SerializeAsString(); }
};

}  // namespace flashcell::test
