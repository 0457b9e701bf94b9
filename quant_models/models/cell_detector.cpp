#include "quant_models/models/cell_detector.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant_models/models/layer_stack.hpp"
#include "quant_models/sigmoid.hpp"

namespace flashcell::quant {
namespace {

// The strongest class and its share of the softmax.
std::pair<int, float> strongest(std::span<const float> prediction, size_t cell, size_t cells, int classes) {
  const auto logit = [&](int c) { return prediction[static_cast<size_t>(kFirstClass + c) * cells + cell]; };
  int best = 0;
  for (int c = 1; c < classes; ++c)
    if (logit(c) > logit(best)) best = c;
  float sum = 0;
  for (int c = 0; c < classes; ++c) sum += std::exp(logit(c) - logit(best));
  return {best, 1 / sum};
}

}  // namespace

Graph make_cell_detector(int channels, int rows, int columns, int classes, uint64_t seed) {
  if (rows < 32 || columns < 32 || rows % 32 != 0 || columns % 32 != 0)
    throw std::invalid_argument("cell detector: rows and columns must be multiples of 32");
  if (classes < 1 || (channels != 1 && channels != 3))
    throw std::invalid_argument("cell detector: needs 1 or 3 channels and a class");
  LayerStack stack(seed);
  Graph& graph = stack.graph();
  const auto block = [&](const std::string& name, NodeId x, int outputs, int kernel, int stride, int padding) {
    return stack.relu(name, stack.normalized(name, x, outputs, kernel, stride, padding));
  };
  const auto enlarged_sum = [&](const std::string& name, NodeId coarse, NodeId fine) {
    const NodeId enlarged = graph.add(name + ".enlarged", ResizeNearest{2, 2}, {coarse});
    const NodeId side = stack.normalized(name + ".side", fine, static_cast<int>(graph.node(coarse).shape[1]), 1, 1, 0);
    return stack.relu(name, graph.add(name + ".sum", Add{}, {enlarged, side}));
  };
  NodeId x = stack.input({1, channels, rows, columns});
  x = block("stem", x, 16, 4, 4, 0);
  const NodeId eighth = block("down8", x, 16, 3, 2, 1);
  const NodeId sixteenth = block("down16", eighth, 32, 3, 2, 1);
  x = block("down32", sixteenth, 64, 3, 2, 1);
  x = block("deep32", x, 48, 3, 1, 1);
  x = block("narrow32", x, 32, 1, 1, 0);
  x = enlarged_sum("up16", x, sixteenth);
  x = block("mix16", x, 16, 3, 1, 1);
  x = enlarged_sum("up8", x, eighth);
  std::vector<float> bias(static_cast<size_t>(kFirstClass + classes));
  bias[kObjectness] = -4;  // objects are rare: Lin et al., Focal Loss, 2017, section 3.3
  graph.add_output("cells", stack.convolution("cells", x, 1, std::move(bias)));
  return std::move(graph);
}

std::vector<Detection> decode_cells(std::span<const float> prediction, int classes, int cell_rows, int cell_columns,
                                    const DecodeOptions& options) {
  const size_t cells = static_cast<size_t>(cell_rows) * static_cast<size_t>(cell_columns);
  if (classes < 1 || prediction.size() != cells * static_cast<size_t>(kFirstClass + classes))
    throw std::invalid_argument("decode_cells: the prediction does not have 5 + classes numbers for each cell");
  std::vector<Detection> found;
  for (size_t cell = 0; cell < cells; ++cell) {
    const auto channel = [&](int c) { return prediction[static_cast<size_t>(c) * cells + cell]; };
    const float objectness = sigmoid(channel(kObjectness));
    if (objectness < options.least_score) continue;
    const auto [object_class, share] = strongest(prediction, cell, cells, classes);
    Detection d;
    d.score = objectness * share;
    if (!(d.score >= options.least_score)) continue;
    d.object_class = object_class;
    d.cell = static_cast<int>(cell);
    const auto row = static_cast<float>(cell / static_cast<size_t>(cell_columns));
    const auto column = static_cast<float>(cell % static_cast<size_t>(cell_columns));
    const float x = (column + 0.5F + channel(kCentreColumn)) * kCellSize;
    const float y = (row + 0.5F + channel(kCentreRow)) * kCellSize;
    constexpr float kMostLog = 4;  // far beyond any image: keeps the numbers finite
    const float width = kReferenceSize * std::exp(std::min(channel(kLogWidth), kMostLog));
    const float height = kReferenceSize * std::exp(std::min(channel(kLogHeight), kMostLog));
    d.box = {x - width / 2, y - height / 2, x + width / 2, y + height / 2};
    found.push_back(d);
  }
  return suppress_overlaps(std::move(found), options);
}

}  // namespace flashcell::quant
