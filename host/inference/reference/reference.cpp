#include "host/inference/reference/reference.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "host/inference/check_buffers.hpp"

namespace flashcell::host {
namespace {

using namespace contract;

/// One tensor in the arena.
class Image {
 public:
  Image(const TensorDescriptor& tensor, std::vector<uint8_t>& arena)
      : shape(tensor), values_(arena.data() + tensor.arena_offset) {}

  int64_t get(int row, int column, int channel) const {
    const uint8_t byte = values_[at(row, column, channel)];
    return shape.type == ActivationType::signed8 ? static_cast<int8_t>(byte) : byte;
  }
  void set(int row, int column, int channel, int64_t value) {
    values_[at(row, column, channel)] = static_cast<uint8_t>(value);
  }
  bool inside(int row, int column) const {
    return row >= 0 && row < shape.height && column >= 0 && column < shape.width;
  }
  /// The zero point outside of the image.
  int64_t padded(int row, int column, int channel) const {
    return inside(row, column) ? get(row, column, channel) : shape.zero_point;
  }

  const TensorDescriptor& shape;

 private:
  size_t at(int row, int column, int channel) const {
    return (static_cast<size_t>(row) * shape.width + static_cast<size_t>(column)) * shape.channels +
           static_cast<size_t>(channel);
  }
  uint8_t* values_;
};

class LayerRun {
 public:
  LayerRun(const quant::PackedModel& model, const LayerDescriptor& layer, std::vector<uint8_t>& arena)
      : model_(model),
        layer_(layer),
        in_(model.tensors[layer.inputs[0]], arena),
        out_(model.tensors[layer.output], arena),
        second_(model.tensors[layer.inputs[1]], arena),
        arena_(arena) {}

  void run() {
    for (int row = 0; row < out_.shape.height; ++row) {
      for (int column = 0; column < out_.shape.width; ++column) {
        for (int channel = 0; channel < out_.shape.channels; ++channel) {
          out_.set(row, column, channel,
                   std::clamp<int64_t>(value(row, column, channel), layer_.clamp_low, layer_.clamp_high));
        }
      }
    }
  }

 private:
  int64_t value(int row, int column, int channel) {
    switch (layer_.kind) {
      case LayerKind::convolution:
        return convolution(row, column, channel);
      case LayerKind::depthwise:
        return depthwise(row, column, channel);
      case LayerKind::fully_connected:
        return fully_connected(channel);
      case LayerKind::max_pool:
        return max_pool(row, column, channel);
      case LayerKind::average_pool:
        return average_pool(row, column, channel);
      case LayerKind::global_average_pool:
        return global_average_pool(channel);
      case LayerKind::add:
        return add(row, column, channel);
      case LayerKind::concat:
        return concat(row, column, channel);
      case LayerKind::upsample:
        return in_.get(row / layer_.stride, column / layer_.stride, channel);
    }
    return 0;
  }

  int64_t weight(uint64_t index) const {
    return unpack_weight(model_.weights.data() + layer_.weight_offset, index, layer_.weight_bits);
  }
  const ChannelParameters& parameters(int channel) const {
    return model_.channels[layer_.first_channel + static_cast<uint32_t>(channel)];
  }
  int first_row(int row) const { return row * layer_.stride - layer_.pad_top; }
  int first_column(int column) const { return column * layer_.stride - layer_.pad_left; }

  int64_t convolution(int row, int column, int channel) const {
    int64_t acc = parameters(channel).bias;
    const int channels = in_.shape.channels;
    uint64_t index =
        static_cast<uint64_t>(channel) * layer_.kernel_height * layer_.kernel_width * static_cast<uint64_t>(channels);
    for (int y = 0; y < layer_.kernel_height; ++y) {
      for (int x = 0; x < layer_.kernel_width; ++x) {
        for (int c = 0; c < channels; ++c) {
          acc += in_.padded(first_row(row) + y, first_column(column) + x, c) * weight(index++);
        }
      }
    }
    return requantize(acc, parameters(channel).scale);
  }

  int64_t depthwise(int row, int column, int channel) const {
    int64_t acc = parameters(channel).bias;
    for (int y = 0; y < layer_.kernel_height; ++y) {
      for (int x = 0; x < layer_.kernel_width; ++x) {
        const int tap = y * layer_.kernel_width + x;
        acc += in_.padded(first_row(row) + y, first_column(column) + x, channel) *
               weight(static_cast<uint64_t>(tap) * in_.shape.channels + static_cast<uint64_t>(channel));
      }
    }
    return requantize(acc, parameters(channel).scale);
  }

  int64_t fully_connected(int channel) const {
    int64_t acc = parameters(channel).bias;
    uint64_t index = uint64_t{quant::bytes_of(in_.shape)} * static_cast<uint64_t>(channel);
    for (int y = 0; y < in_.shape.height; ++y) {
      for (int x = 0; x < in_.shape.width; ++x) {
        for (int c = 0; c < in_.shape.channels; ++c) acc += in_.get(y, x, c) * weight(index++);
      }
    }
    return requantize(acc, parameters(channel).scale);
  }

  int64_t max_pool(int row, int column, int channel) const {
    int64_t largest = INT64_MIN;
    for (int y = first_row(row); y < first_row(row) + layer_.kernel_height; ++y) {
      for (int x = first_column(column); x < first_column(column) + layer_.kernel_width; ++x) {
        if (in_.inside(y, x)) largest = std::max(largest, in_.get(y, x, channel));
      }
    }
    return largest;
  }

  int64_t average_pool(int row, int column, int channel) const {
    int64_t sum = 0;
    for (int y = first_row(row); y < first_row(row) + layer_.kernel_height; ++y) {
      for (int x = first_column(column); x < first_column(column) + layer_.kernel_width; ++x) {
        sum += in_.padded(y, x, channel) - in_.shape.zero_point;
      }
    }
    return out_.shape.zero_point + requantize(sum, layer_.input_scale[0]);
  }

  int64_t global_average_pool(int channel) const {
    int64_t sum = 0;
    for (int y = 0; y < in_.shape.height; ++y) {
      for (int x = 0; x < in_.shape.width; ++x) sum += in_.get(y, x, channel) - in_.shape.zero_point;
    }
    return out_.shape.zero_point + requantize(sum, layer_.input_scale[0]);
  }

  int64_t add(int row, int column, int channel) const {
    const int64_t half = layer_.fraction_bits == 0 ? 0 : int64_t{1} << (layer_.fraction_bits - 1);
    const int64_t sum = requantize(in_.get(row, column, channel) - in_.shape.zero_point, layer_.input_scale[0]) +
                        requantize(second_.get(row, column, channel) - second_.shape.zero_point, layer_.input_scale[1]);
    return out_.shape.zero_point + ((sum + half) >> layer_.fraction_bits);
  }

  int64_t concat(int row, int column, int channel) const {
    for (int i = 0;; ++i) {
      const Image part(model_.tensors[layer_.inputs[i]], arena_);
      if (channel < part.shape.channels) {
        return out_.shape.zero_point +
               requantize(part.get(row, column, channel) - part.shape.zero_point, layer_.input_scale[i]);
      }
      channel -= part.shape.channels;
    }
  }

  const quant::PackedModel& model_;
  const LayerDescriptor& layer_;
  Image in_, out_, second_;
  std::vector<uint8_t>& arena_;
};

}  // namespace

void run_reference(const quant::PackedModel& model, std::span<const uint8_t> inputs, size_t items,
                   std::span<uint8_t> outputs) {
  check_buffers(model, inputs.size(), items, outputs.size());
  std::vector<uint8_t> arena(model.arena_bytes);
  const uint8_t* next_input = inputs.data();
  uint8_t* next_output = outputs.data();
  for (size_t item = 0; item < items; ++item) {
    for (const TensorDescriptor& tensor : model.tensors) {
      if (!(tensor.role & kInputTensor)) continue;
      std::copy_n(next_input, quant::bytes_of(tensor), arena.data() + tensor.arena_offset);
      next_input += quant::bytes_of(tensor);
    }
    for (const LayerDescriptor& layer : model.layers) LayerRun(model, layer, arena).run();
    for (const TensorDescriptor& tensor : model.tensors) {
      if (!(tensor.role & kOutputTensor)) continue;
      next_output = std::copy_n(arena.data() + tensor.arena_offset, quant::bytes_of(tensor), next_output);
    }
  }
}

}  // namespace flashcell::host
