#include "host/inference/reference/layer_run.hpp"

namespace flashcell::host::reference {
namespace {

using namespace contract;

std::vector<int32_t> unpacked(const LayerRun& run) {
  std::vector<int32_t> weights(quant::weight_count(run.model, run.layer));
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = unpack_weight(run.weights(), i, run.layer.weight_bits);
  return weights;
}

/// The input's value at a tap of the window at (row, column); its zero point where there is none.
int32_t tap(const LayerRun& run, int row, int column, int y, int x, int channel) {
  const LayerDescriptor& layer = run.layer;
  const Image& in = run.in[0];
  if (layer.kind == LayerKind::fully_connected) return in.values[static_cast<size_t>(channel)];
  if (layer.kind != LayerKind::transposed_convolution)
    return in.padded(run.first_row(row) + y * layer.dilation_rows,
                     run.first_column(column) + x * layer.dilation_columns, channel);
  const int spread_row = row + layer.pad_top - y * layer.dilation_rows;
  const int spread_column = column + layer.pad_left - x * layer.dilation_columns;
  if (spread_row % layer.stride_rows != 0 || spread_column % layer.stride_columns != 0) return in.shape.zero_point;
  return in.padded(spread_row / layer.stride_rows, spread_column / layer.stride_columns, channel);
}

/// Sums of one pixel: all of the window's values once, then each output channel's weights.
void dense_pixel(LayerRun& run, const std::vector<int32_t>& weights, std::vector<int32_t>& window, int row,
                 int column) {
  const LayerDescriptor& layer = run.layer;
  const bool whole = layer.kind == LayerKind::fully_connected;
  const int channels = whole ? static_cast<int>(run.in[0].values.size()) : run.in[0].shape.channels;
  window.clear();
  for (int y = 0; y < layer.kernel_height; ++y)
    for (int x = 0; x < layer.kernel_width; ++x)
      for (int c = 0; c < channels; ++c) window.push_back(tap(run, row, column, y, x, c));
  for (int channel = 0; channel < run.out.shape.channels; ++channel) {
    const int32_t* of_channel = weights.data() + static_cast<size_t>(channel) * window.size();
    auto sum = static_cast<int32_t>(run.parameters(channel).bias);  // 32 bits hold it: the model is valid
    for (size_t i = 0; i < window.size(); ++i) sum += window[i] * of_channel[i];
    run.out.values[run.out.at(row, column, channel)] = run.clamped(requantize(sum, run.parameters(channel).scale));
  }
}

void depthwise(LayerRun& run, const std::vector<int32_t>& weights) {
  const LayerDescriptor& layer = run.layer;
  run.for_each_value([&](int row, int column, int channel) {
    int64_t sum = run.parameters(channel).bias;
    auto next = static_cast<size_t>(channel);
    for (int y = 0; y < layer.kernel_height; ++y)
      for (int x = 0; x < layer.kernel_width; ++x, next += run.out.shape.channels)
        sum += int64_t{tap(run, row, column, y, x, channel)} * weights[next];
    return requantize(sum, run.parameters(channel).scale);
  });
}

}  // namespace

void run_weighted(LayerRun& run) {
  const std::vector<int32_t> weights = unpacked(run);
  if (run.layer.kind == LayerKind::depthwise) return depthwise(run, weights);
  std::vector<int32_t> window;
  for (int row = 0; row < run.out.shape.height; ++row)
    for (int column = 0; column < run.out.shape.width; ++column) dense_pixel(run, weights, window, row, column);
}

}  // namespace flashcell::host::reference
