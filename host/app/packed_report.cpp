#include "host/app/packed_report.hpp"
#include "base/json_text.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace flashcell::app {
namespace {

using quant::LayerSummary;
using quant::ModelSummary;

std::string stride_text(const LayerSummary& layer) {
  if (layer.stride_rows != layer.stride_columns)
    return fmt::format(" stride {}x{}", layer.stride_rows, layer.stride_columns);
  return layer.stride_rows > 1 ? fmt::format(" stride {}", layer.stride_rows) : "";
}

std::string kind_text(const LayerSummary& layer) {
  if (layer.kernel_height == 1 && layer.kernel_width == 1 && layer.stride_rows == 1 && layer.stride_columns == 1)
    return layer.kind;
  return fmt::format("{} {}x{}{}", layer.kind, layer.kernel_height, layer.kernel_width, stride_text(layer));
}

std::string shape_text(const LayerSummary& layer) {
  return fmt::format("{}x{}x{}", layer.height, layer.width, layer.channels);
}

std::string activation_text(const LayerSummary& layer) {
  return fmt::format("{}{}", layer.signed_output ? 's' : 'u', layer.activation_bits);
}

const char* kernel_text(const ModelSummary& model) {
  return model.kernel != nullptr ? model.kernel : "none is large enough";
}

}  // namespace

void print_packed_table(const ModelSummary& model) {
  size_t name = 5, kind = 4, shape = 5;
  for (const LayerSummary& layer : model.layers) {
    name = std::max(name, printable(layer.name).size());
    kind = std::max(kind, kind_text(layer).size());
    shape = std::max(shape, shape_text(layer).size());
  }
  fmt::print("{:{}}  {:{}}  {:{}}  {:>7}  {:>6}  {:>12}  {:>12}  {:>12}  {:>12}\n", "layer", name, "kind", kind,
             "shape", shape, "weights", "output", "MACs", "weight bytes", "output bytes", "clocks");
  for (const LayerSummary& layer : model.layers) {
    fmt::print("{:{}}  {:{}}  {:{}}  {:>7}  {:>6}  {:>12}  {:>12}  {:>12}  {:>12}\n", printable(layer.name), name,
               kind_text(layer), kind, shape_text(layer), shape,
               layer.weight_bits > 0 ? fmt::format("{} bit", layer.weight_bits) : "", activation_text(layer),
               layer.multiply_accumulates, layer.weight_bytes, layer.output_bytes, layer.kernel_cycles);
  }
  fmt::print(
      "\n{}: {} layers, {} multiply-accumulates, {} weights\n"
      "{:.2f} kbit on a chip: weights {:.2f}, parameters {:.2f}, activations {:.2f}\n"
      "kernel: {}; {} clocks an item by the model of its loops\n",
      printable(model.name), model.layers.size(), model.multiply_accumulates, model.weights,
      static_cast<double>(model.storage_bits()) / 1024, static_cast<double>(model.weight_bits) / 1024,
      static_cast<double>(model.parameter_bits) / 1024, static_cast<double>(model.arena_bits) / 1024,
      kernel_text(model), model.kernel_cycles);
}

void print_packed_json(const ModelSummary& model) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (const LayerSummary& layer : model.layers) {
    layers.push_back({{"name", layer.name},
                      {"kind", layer.kind},
                      {"inputs", layer.inputs},
                      {"shape", {layer.height, layer.width, layer.channels}},
                      {"kernel", {layer.kernel_height, layer.kernel_width}},
                      {"stride", {layer.stride_rows, layer.stride_columns}},
                      {"weight_bits", layer.weight_bits},
                      {"activation_bits", layer.activation_bits},
                      {"signed_output", layer.signed_output},
                      {"macs", layer.multiply_accumulates},
                      {"weights", layer.weights},
                      {"kernel_cycles", layer.kernel_cycles}});
  }
  const nlohmann::ordered_json all = {
      {"name", model.name},
      {"layers", layers},
      {"macs", model.multiply_accumulates},
      {"weights", model.weights},
      {"weight_bits", model.weight_bits},
      {"parameter_bits", model.parameter_bits},
      {"activation_bits", model.arena_bits},
      {"kernel", model.kernel != nullptr ? nlohmann::ordered_json(model.kernel) : nlohmann::ordered_json()},
      {"kernel_cycles", model.kernel_cycles}};
  fmt::print("{}\n", json_text(all));
}

}  // namespace flashcell::app
