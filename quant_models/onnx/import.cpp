#include "quant_models/onnx/import.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "quant_models/data/file_bytes.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/external_data.hpp"
#include "quant_models/onnx/metadata_properties.hpp"
#include "quant_models/onnx/operator_context.hpp"

namespace flashcell::quant {
namespace {

using onnx::ImportState;
using onnx::OperatorContext;
using onnx_file::GraphProto;
using onnx_file::ModelProto;
using onnx_file::NodeProto;

constexpr int64_t kOldestOpset = 6, kNewestOpset = 21;
constexpr int kMostNodes = 20000;

ModelProto parse(std::span<const uint8_t> file) {
  ModelProto model;
  if (file.size() > INT32_MAX) throw ModelError("is larger than 2 GiB");
  if (!model.ParseFromArray(file.data(), static_cast<int>(file.size())))
    throw ModelError("is no ONNX model, or it is cut off or damaged");
  if (!model.has_graph()) throw ModelError("is no ONNX model: it holds no graph");
  if (model.graph().node_size() > kMostNodes)
    throw ModelError("holds " + std::to_string(model.graph().node_size()) + " nodes; at most " +
                     std::to_string(kMostNodes) + " are supported");
  return model;
}

int64_t opset_of(const ModelProto& model) {
  for (const onnx_file::OperatorSetIdProto& set : model.opset_import()) {
    if (!set.domain().empty() && set.domain() != "ai.onnx") continue;
    if (set.version() < kOldestOpset || set.version() > kNewestOpset)
      throw ModelError("uses ONNX operator set " + std::to_string(set.version()) + "; supported are " +
                       std::to_string(kOldestOpset) + " to " + std::to_string(kNewestOpset));
    return set.version();
  }
  throw ModelError("does not say which ONNX operator set it uses");
}

void read_initializers(const GraphProto& graph, ImportState& state) {
  for (const onnx_file::TensorProto& tensor : graph.initializer()) {
    const auto [known, fresh] = state.known.emplace(tensor.name(), onnx::read_tensor(tensor));
    if (!fresh) throw ModelError("tensor '" + tensor.name() + "' occurs twice");
    state.stored_numbers += known->second.reals.size() + known->second.integers.size();
  }
}

// A shape as the file says it; open extents as the options say.
Shape input_shape(const onnx_file::ValueInfoProto& input, const ImportOptions& options) {
  Shape shape;
  std::vector<int> sizes = {options.columns, options.rows};  // the last one is taken next
  for (const onnx_file::Dimension& dim : input.type().tensor_type().shape().dim()) {
    int64_t extent = dim.dim_value();
    if (extent < 1 && shape.empty()) extent = 1;
    if (extent < 1 && !sizes.empty()) {
      extent = sizes.back();
      sizes.pop_back();
    }
    if (extent < 1)
      throw ModelError("input '" + input.name() + "' leaves dimension " + std::to_string(shape.size()) +
                       " open; give its rows and columns (--size), or export the model for a fixed size");
    shape.push_back(extent);
  }
  return shape;
}

void read_inputs(const GraphProto& graph, const ImportOptions& options, ImportState& state) {
  for (const onnx_file::ValueInfoProto& input : graph.input()) {
    if (state.known.contains(input.name())) continue;  // old files list weights as inputs
    if (!input.type().has_tensor_type())
      throw ModelError("input '" + input.name() +
                       "' is no tensor; sequences, maps and optional values are not supported");
    const onnx_file::TensorTypeProto& type = input.type().tensor_type();
    const bool bytes = type.elem_type() == onnx::kUint8;
    if (onnx::is_integer(type.elem_type()) && !bytes)
      throw ModelError("input '" + input.name() + "' holds " + onnx::name_of_type(type.elem_type()) +
                       " numbers; supported are float, float16, double and uint8");
    if (bytes) state.bytes.insert(input.name());
    state.values[input.name()] = state.graph.add(input.name(), Input{input_shape(input, options)});
  }
}

void count_uses(const GraphProto& graph, ImportState& state) {
  for (const NodeProto& node : graph.node())
    for (const std::string& input : node.input()) ++state.uses[input];
  for (const onnx_file::ValueInfoProto& output : graph.output()) ++state.uses[output.name()];
}

std::string label(const NodeProto& node) {
  const std::string& name = !node.name().empty() || node.output_size() == 0 ? node.name() : node.output(0);
  return "node '" + name + "' (" + node.op_type() + ")";
}

// File order is an order of computation in a correct file; others are sorted. Every pass keeps the file's order.
std::vector<const NodeProto*> sorted_nodes(const GraphProto& graph, const ImportState& state) {
  std::map<std::string, const NodeProto*> maker;
  for (const NodeProto& node : graph.node()) {
    for (const std::string& output : node.output()) {
      if (output.empty()) continue;
      if (!maker.emplace(output, &node).second || state.known.contains(output) || state.values.contains(output))
        throw ModelError(label(node) + ": its value '" + output + "' is made twice");
    }
  }
  std::map<const NodeProto*, int> missing;
  std::map<const NodeProto*, std::vector<const NodeProto*>> readers;
  std::map<const NodeProto*, int> place;
  for (int i = 0; i < graph.node_size(); ++i) {
    const NodeProto& node = graph.node(i);
    place[&node] = i;
    missing[&node] = 0;
    for (const std::string& input : node.input()) {
      if (input.empty() || state.known.contains(input) || state.values.contains(input)) continue;
      const auto found = maker.find(input);
      if (found == maker.end()) throw ModelError(label(node) + ": its input '" + input + "' is not made by any node");
      ++missing[&node];
      readers[found->second].push_back(&node);
    }
  }
  std::set<int> ready;
  for (const auto& [node, count] : missing)
    if (count == 0) ready.insert(place[node]);
  std::vector<const NodeProto*> sorted;
  while (!ready.empty()) {
    const NodeProto* node = &graph.node(*ready.begin());
    ready.erase(ready.begin());
    sorted.push_back(node);
    for (const NodeProto* reader : readers[node])
      if (--missing[reader] == 0) ready.insert(place[reader]);
  }
  if (static_cast<int>(sorted.size()) < graph.node_size())
    for (const NodeProto& node : graph.node())
      if (missing[&node] > 0) throw ModelError(label(node) + ": it depends on its own value; the graph has a cycle");
  return sorted;
}

void convert(const NodeProto& node, ImportState& state) {
  OperatorContext context(state, node);
  try {
    import_operator(context);
  } catch (const ModelError& e) {
    // Shape errors name the graph's node, which the file may call by another name.
    throw ModelError(label(node) + ": " + e.what());
  }
}

// What has been worked out already is handed out as a constant.
NodeId output_value(const GraphProto& graph, const std::string& name, ImportState& state) {
  if (const auto found = state.values.find(name); found != state.values.end()) return found->second;
  for (const NodeProto& node : graph.node()) {
    if (std::find(node.output().begin(), node.output().end(), name) == node.output().end()) continue;
    const auto known = state.known.find(name);
    if (known == state.known.end() && state.stored.contains(name))
      throw ModelError(label(node) + ": output '" + name +
                       "' is stored integers; outputs must be floating-point numbers");
    if (known == state.known.end()) throw ModelError(label(node) + ": its value '" + name + "' is not supported");
    if (known->second.integer())
      throw ModelError(label(node) + ": output '" + name + "' holds " + onnx::name_of_type(known->second.data_type) +
                       " numbers; outputs must be floating-point numbers");
    try {
      state.count_copies(known->second.reals.size());
      return state.graph.add(state.graph.free_name(name), Constant{known->second.tensor()});
    } catch (const ModelError& e) {  // nothing in it, or numbers that are not finite
      throw ModelError(label(node) + ": output '" + name + "': " + e.what());
    }
  }
  throw ModelError("output '" + name + "' is not a value that a node makes");
}

void read_outputs(const GraphProto& graph, ImportState& state) {
  for (const onnx_file::ValueInfoProto& output : graph.output())
    state.graph.add_output(output.name(), output_value(graph, output.name(), state));
  if (state.graph.outputs().empty()) throw ModelError("has no outputs");
}

Graph convert_graph(const ModelProto& model, const ImportOptions& options) {
  ImportState state;
  state.opset = opset_of(model);
  read_initializers(model.graph(), state);
  read_inputs(model.graph(), options, state);
  count_uses(model.graph(), state);
  for (const NodeProto* node : sorted_nodes(model.graph(), state)) convert(*node, state);
  read_outputs(model.graph(), state);
  return std::move(state.graph);
}

// What pixels mean to an image input of bytes: what they are.
std::optional<Preprocessing> pixels_as_they_are(const GraphProto& file, const Graph& graph) {
  const std::vector<NodeId> inputs = graph.inputs();
  if (inputs.size() != 1) return std::nullopt;
  const Node& input = graph.node(inputs[0]);
  const bool image = input.shape.size() == 4 && (input.shape[1] == 1 || input.shape[1] == 3);
  const auto is_it = [&](const onnx_file::ValueInfoProto& info) {
    return info.name() == input.name && info.type().tensor_type().elem_type() == onnx::kUint8;
  };
  if (!image || std::none_of(file.input().begin(), file.input().end(), is_it)) return std::nullopt;
  Preprocessing plain;
  if (input.shape[1] == 3) plain.channels = Preprocessing::Channels::rgb;
  plain.factor.fill(1);
  return plain;
}

OnnxModel convert_model(const ModelProto& model, const ImportOptions& options) {
  Graph graph = convert_graph(model, options);
  OnnxModel read{std::move(graph), onnx::read_properties(model)};
  if (!read.metadata.preprocessing) read.metadata.preprocessing = pixels_as_they_are(model.graph(), read.graph);
  return read;
}

// With the numbers that stand in files beside it.
ModelProto parse_with_external_data(std::span<const uint8_t> file, const std::string& path) {
  ModelProto model = parse(file);
  onnx::load_external_data(std::filesystem::path(path).parent_path().string(), model);
  return model;
}

// Messages begin with the file's name.
template <class Read>
auto named(const std::string& name, Read read) {
  try {
    return read();
  } catch (const ModelError& e) {
    throw ModelError(name + ": " + e.what());
  }
}

}  // namespace

Graph import_onnx(std::span<const uint8_t> file, const std::string& name, const ImportOptions& options) {
  return named(name, [&] { return convert_graph(parse(file), options); });
}

Graph import_onnx(const std::string& path, const ImportOptions& options) {
  const std::vector<uint8_t> file = read_file(path);
  return named(path, [&] { return convert_graph(parse_with_external_data(file, path), options); });
}

OnnxModel import_onnx_model(std::span<const uint8_t> file, const std::string& name, const ImportOptions& options) {
  return named(name, [&] { return convert_model(parse(file), options); });
}

OnnxModel import_onnx_model(const std::string& path, const ImportOptions& options) {
  const std::vector<uint8_t> file = read_file(path);
  return named(path, [&] { return convert_model(parse_with_external_data(file, path), options); });
}

}  // namespace flashcell::quant
