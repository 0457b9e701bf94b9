#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "quant_models/packed/packed_model.hpp"

// What the reference's functions of layers share: tensors as plain integers.
namespace flashcell::host::reference {

/// A tensor's values, channels fastest.
struct Image {
  explicit Image(const contract::TensorDescriptor& tensor) : shape(tensor), values(quant::values_of(tensor)) {}

  size_t at(int row, int column, int channel) const {
    return (static_cast<size_t>(row) * shape.width + static_cast<size_t>(column)) * shape.channels +
           static_cast<size_t>(channel);
  }
  int32_t get(int row, int column, int channel) const { return values[at(row, column, channel)]; }
  bool inside(int row, int column) const {
    return row >= 0 && row < shape.height && column >= 0 && column < shape.width;
  }
  /// The zero point outside of the image.
  int32_t padded(int row, int column, int channel) const {
    return inside(row, column) ? get(row, column, channel) : shape.zero_point;
  }

  const contract::TensorDescriptor& shape;
  std::vector<int32_t> values;
};

/// A layer with what it reads and writes.
struct LayerRun {
  const quant::PackedModel& model;
  const contract::LayerDescriptor& layer;
  std::vector<Image> in;
  Image out;

  contract::Requantization scale(size_t input = 0) const { return quant::layer_input(model, layer, input).scale; }
  const uint8_t* weights() const { return model.weights.data() + layer.weight_offset; }
  const contract::ChannelParameters& parameters(int channel) const {
    return model.channels[layer.first_channel + static_cast<uint32_t>(channel)];
  }
  int32_t clamped(int64_t value) const {
    return static_cast<int32_t>(std::clamp<int64_t>(value, layer.clamp_low, layer.clamp_high));
  }
  int first_row(int row) const { return row * layer.stride_rows - layer.pad_top; }
  int first_column(int column) const { return column * layer.stride_columns - layer.pad_left; }

  /// Sets every value of the output to value(row, column, channel), cut off.
  template <class Value>
  void for_each_value(Value value) {
    size_t next = 0;
    for (int row = 0; row < out.shape.height; ++row)
      for (int column = 0; column < out.shape.width; ++column)
        for (int channel = 0; channel < out.shape.channels; ++channel)
          out.values[next++] = clamped(value(row, column, channel));
  }
};

void run_weighted(LayerRun& run);     ///< convolutions, depthwise, fully connected
void run_pool(LayerRun& run);         ///< pools and means
void run_pair(LayerRun& run);         ///< add, multiply, product
void run_transformer(LayerRun& run);  ///< layer norm, softmax, gelu
void run_move(LayerRun& run);         ///< concat, upsamples, table, move, gather, pad, constant

}  // namespace flashcell::host::reference
