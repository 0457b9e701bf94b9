#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"
#include "host/app/command.hpp"
#include "host/app/packed_report.hpp"
#include "host/quantization/picture_options.hpp"
#include "quant_models/graph/cost.hpp"
#include "quant_models/graph/simplify.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/onnx/import.hpp"
#include "quant_models/packed/packed_file.hpp"

namespace flashcell::app {
namespace {

using quant::Cost;
using quant::Graph;
using quant::Node;
using quant::NodeId;

struct InspectionOptions {
  std::string file;
  host::PictureOptions pictures;  ///< their size
  bool json = false, fold = false, keep_batch_norm = false;
};

int weight_bits(const Node& node) {
  const auto* quantization = quant::weight_quantization_of(node.layer);
  return quantization != nullptr && *quantization ? (*quantization)->bits : 0;
}

int value_bits(const Node& node) {
  return node.quantization ? node.quantization->bits : 0;
}

std::string bits_text(int bits) {
  return bits > 0 ? std::to_string(bits) : "real";
}

// Whole bytes.
int64_t bytes(int64_t bits) {
  return (bits + 7) / 8;
}

void print_table(const Graph& graph) {
  size_t name = 4, layer = 5, shape = 5;
  for (const NodeId id : graph.order()) {
    name = std::max(name, printable(graph.node(id).name).size());
    layer = std::max(layer, quant::describe(graph.node(id).layer).size());
    shape = std::max(shape, quant::to_string(graph.node(id).shape).size());
  }
  fmt::print("{:{}}  {:{}}  {:{}}  {:>7}  {:>5}  {:>12}  {:>10}  {:>12}  {:>12}\n", "node", name, "layer", layer,
             "shape", shape, "weights", "value", "MACs", "parameters", "weight bytes", "value bytes");
  for (const NodeId id : graph.order()) {
    const Node& n = graph.node(id);
    const Cost c = quant::cost(graph, id);
    fmt::print("{:{}}  {:{}}  {:{}}  {:>7}  {:>5}  {:>12}  {:>10}  {:>12}  {:>12}\n", printable(n.name), name,
               quant::describe(n.layer), layer, quant::to_string(n.shape), shape,
               quant::weight_of(n.layer) != nullptr ? bits_text(weight_bits(n)) : "", bits_text(value_bits(n)), c.macs,
               c.parameters, bytes(c.parameter_bits), bytes(c.value_bits));
  }
  const Cost all = quant::total_cost(graph);
  fmt::print("\n{} nodes, {} multiply-accumulates, {} parameters in {} bytes, at most {} bytes of values at once\n",
             graph.order().size(), all.macs, all.parameters, bytes(all.parameter_bits), bytes(all.value_bits));
}

nlohmann::json cost_json(const Cost& cost) {
  return {{"macs", cost.macs},
          {"parameters", cost.parameters},
          {"parameter_bits", cost.parameter_bits},
          {"value_bits", cost.value_bits}};
}

// Bits are null where numbers are real.
void print_json(const Graph& graph) {
  nlohmann::json nodes = nlohmann::json::array();
  for (const NodeId id : graph.order()) {
    const Node& n = graph.node(id);
    nlohmann::json node = cost_json(quant::cost(graph, id));
    node["name"] = n.name;
    node["layer"] = quant::describe(n.layer);
    node["shape"] = n.shape;
    node["inputs"] = nlohmann::json::array();
    for (const NodeId input : n.inputs) node["inputs"].push_back(graph.node(input).name);
    node["stored_weight_bits"] = weight_bits(n) > 0 ? nlohmann::json(weight_bits(n)) : nlohmann::json();
    node["stored_value_bits"] = value_bits(n) > 0 ? nlohmann::json(value_bits(n)) : nlohmann::json();
    nodes.push_back(std::move(node));
  }
  nlohmann::json outputs = nlohmann::json::array();
  for (const quant::Output& output : graph.outputs())
    outputs.push_back({{"name", output.name}, {"node", graph.node(output.node).name}});
  const nlohmann::json all = {{"nodes", nodes}, {"outputs", outputs}, {"total", cost_json(quant::total_cost(graph))}};
  fmt::print("{}\n", json_text(all));
}

int inspect(const InspectionOptions& options) {
  try {
    if (options.file.ends_with(".fcnn")) {
      const quant::ModelSummary summary = quant::describe(quant::read_packed_file(options.file));
      options.json ? print_packed_json(summary) : print_packed_table(summary);
      return 0;
    }
    Graph graph = quant::import_onnx(options.file, import_options_of(options.pictures));
    if (options.fold) graph = quant::simplify(std::move(graph), {.keep_batch_normalization = options.keep_batch_norm});
    options.json ? print_json(graph) : print_table(graph);
    return 0;
  } catch (const quant::ModelError& e) {
    throw Error(Fault::input, e.what());
  }
}

}  // namespace

void add_inspect(Command& model, Action& action) {
  Command& command = model.add_subcommand("inspect", "Print a network's layers: shapes, bits, operations, memory");
  command.footer(
      "Bits are those of the stored integers, 'real' for 32-bit floating point. Value bytes are what one run of the\n"
      "network at its own batch size holds; the last line gives the most that is needed at once.");
  auto options = std::make_shared<InspectionOptions>();
  command.add_option("FILE", options->file, "ONNX file, or a packed model (.fcnn)").required();
  add_size_option(command, options->pictures);
  const Option fold = command.add_flag(
      "--fold", options->fold, "Fold batch normalization, constants and padding, fuse activations first (ONNX)");
  command.add_flag("--keep-batch-norm", options->keep_batch_norm, "With --fold: leave batch normalization as it is")
      .needs(fold);
  command.add_flag("--json", options->json, "Print everything as JSON");
  command.callback([=, &action] { action = [=] { return inspect(*options); }; });
}

}  // namespace flashcell::app
