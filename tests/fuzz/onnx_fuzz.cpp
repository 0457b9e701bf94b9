// Any bytes as an ONNX file: a ModelError, or a graph that can be simplified, written, and read again, its metadata
// too. Half of the inputs are changed as files: nodes get other operators, inputs, attributes and numbers, so that what
// is worked out on import is reached.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/export.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/onnx/operator_context.hpp"

namespace {

using namespace flashcell::quant;

using Random = std::minstd_rand;

int64_t any_integer(Random& random) {
  constexpr int64_t kOdd[] = {0, 1, -1, 2, 3, 7, 255, 1 << 16, int64_t{1} << 40, INT64_MAX, INT64_MIN, INT64_MIN + 1};
  return random() % 2 == 0 ? kOdd[random() % std::size(kOdd)] : static_cast<int64_t>(random() % 16) - 4;
}

template <class Repeated>
auto* any_of(Repeated* list, Random& random) {
  return list->Mutable(static_cast<int>(random() % static_cast<unsigned>(list->size())));
}

void change_tensor(onnx_file::TensorProto& tensor, Random& random) {
  const bool dims = random() % 2 == 0;
  auto* numbers = dims ? tensor.mutable_dims() : tensor.mutable_int64_data();
  if (random() % 3 == 0) numbers->Add(any_integer(random));
  if (numbers->size() > 0 && random() % 4 != 0)
    numbers->Set(static_cast<int>(random() % static_cast<unsigned>(numbers->size())), any_integer(random));
  if (random() % 6 == 0) tensor.set_data_type(static_cast<int>(random() % 18));
}

std::string any_value(onnx_file::GraphProto& graph, Random& random) {
  if (random() % 2 == 0 && graph.initializer_size() > 0) return any_of(graph.mutable_initializer(), random)->name();
  const onnx_file::NodeProto& node = *any_of(graph.mutable_node(), random);
  return node.output_size() > 0 ? node.output(0) : "x";
}

void change_node(onnx_file::NodeProto& node, onnx_file::GraphProto& graph, Random& random) {
  static const std::vector<std::string> operators = onnx::folded_operators();
  switch (random() % 4) {
    case 0:
      node.set_op_type(operators[random() % operators.size()]);
      break;
    case 1:
      // What another node or a tensor gives.
      if (node.input_size() > 0) *any_of(node.mutable_input(), random) = any_value(graph, random);
      break;
    case 2:
      if (node.attribute_size() > 0) {
        auto* attribute = any_of(node.mutable_attribute(), random);
        attribute->set_i(any_integer(random));
        if (attribute->ints_size() > 0) attribute->set_ints(0, any_integer(random));
        if (attribute->has_t()) change_tensor(*attribute->mutable_t(), random);
      }
      break;
    default:
      node.add_input(any_value(graph, random));
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  Random random(seed);
  onnx_file::ModelProto model;
  if (random() % 2 == 0 || size > INT32_MAX || !model.ParseFromArray(data, static_cast<int>(size)))
    return LLVMFuzzerMutate(data, size, max_size);
  onnx_file::GraphProto& graph = *model.mutable_graph();
  switch (random() % 8) {
    case 0:
      if (model.metadata_props_size() > 0) {
        std::string text = any_of(model.mutable_metadata_props(), random)->value();
        text.resize(text.size() + 16);
        text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()), text.size() - 16, text.size()));
        any_of(model.mutable_metadata_props(), random)->set_value(text);
      }
      break;
    case 1:
      if (model.opset_import_size() > 0) model.mutable_opset_import(0)->set_version(6 + random() % 16);
      break;
    case 2:
    case 3:
    case 4:
      if (graph.initializer_size() > 0) change_tensor(*any_of(graph.mutable_initializer(), random), random);
      break;
    default:
      if (graph.node_size() > 0) change_node(*any_of(graph.mutable_node(), random), graph, random);
  }
  const std::string changed = model.SerializeAsString();
  if (changed.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::copy(changed.begin(), changed.end(), data);
  return changed.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Metadata metadata;
  try {
    metadata = import_onnx_model({data, size}, "fuzz.onnx").metadata;
  } catch (const ModelError&) {
    // The graph may be whole without them.
  }
  Graph graph;
  try {
    graph = import_onnx({data, size}, "fuzz.onnx");
  } catch (const ModelError&) {
    return 0;
  }
  for (const NodeId id : graph.order())
    for (const NodeId input : graph.node(id).inputs)
      if (element_count(graph.node(input).shape) < 1) std::abort();
  constexpr size_t kMostNodes = 200;  // folding looks at every pair of nodes
  try {
    if (graph.order().size() < kMostNodes) graph = simplify(std::move(graph));
    const std::string bytes = export_onnx(graph, metadata);
    const OnnxModel again = import_onnx_model({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "again");
    if (again.metadata != metadata) std::abort();
  } catch (const ModelError&) {
    // 16-bit integers cannot be written; folding may overflow to infinity.
  }
  return 0;
}
