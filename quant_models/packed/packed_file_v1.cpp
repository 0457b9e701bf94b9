#include "quant_models/packed/packed_file_v1.hpp"

#include <algorithm>

namespace flashcell::quant {
namespace {

using namespace contract;

// The layouts of version 1; tensors have stayed the same.

constexpr size_t kInputsV1 = 4;
constexpr int kLayerKindsV1 = 9;

struct RequantizationV1 {
  uint16_t multiplier;
  uint8_t shift, reserved;
};

struct ChannelV1 {
  int32_t bias;
  RequantizationV1 scale;
};
static_assert(sizeof(ChannelV1) == 8, "as written by version 1");

struct LayerV1 {
  LayerKind kind;
  uint8_t input_count, kernel_height, kernel_width, stride, pad_top, pad_left, pad_bottom, pad_right, weight_bits,
      fraction_bits, reserved0;
  int16_t clamp_low, clamp_high;
  uint16_t inputs[kInputsV1], output, reserved1;
  RequantizationV1 input_scale[kInputsV1];
  uint32_t first_channel, weight_offset, weight_bytes;
  uint8_t reserved2[8];
};
static_assert(sizeof(LayerV1) == 64, "as written by version 1");

struct HeaderV1 {
  uint32_t version, layer_count, tensor_count, channel_count, weight_bytes, arena_bytes, input_bytes, output_bytes,
      reserved[8];
};
static_assert(sizeof(HeaderV1) == 64, "as written by version 1");

Requantization converted(const RequantizationV1& scale) {
  return {scale.multiplier, scale.shift, {scale.reserved, 0, 0}};
}

bool is_sound(const LayerV1& layer) {
  bool sound = layer.reserved0 == 0 && layer.reserved1 == 0 && layer.input_count >= 1 &&
               layer.input_count <= kInputsV1 && layer.kind >= LayerKind::convolution &&
               static_cast<int>(layer.kind) <= kLayerKindsV1;
  for (const uint8_t byte : layer.reserved2) sound = sound && byte == 0;
  for (size_t i = layer.input_count; i < kInputsV1; ++i) {
    const RequantizationV1& scale = layer.input_scale[i];
    sound = sound && layer.inputs[i] == 0 && scale.multiplier == 0 && scale.shift == 0 && scale.reserved == 0;
  }
  return sound;
}

void append(const LayerV1& from, PackedModel& model) {
  LayerDescriptor layer = {};
  layer.kind = from.kind;
  layer.weight_bits = from.weight_bits;
  layer.fraction_bits = from.fraction_bits;
  if (from.kind == LayerKind::concat) layer.axis = Axis::channels;
  layer.kernel_height = from.kernel_height;
  layer.kernel_width = from.kernel_width;
  layer.stride_rows = layer.stride_columns = from.stride;
  layer.dilation_rows = layer.dilation_columns = 1;
  layer.pad_top = from.pad_top;
  layer.pad_left = from.pad_left;
  layer.pad_bottom = from.pad_bottom;
  layer.pad_right = from.pad_right;
  layer.input_count = from.input_count;
  layer.clamp_low = from.clamp_low;
  layer.clamp_high = from.clamp_high;
  layer.first_input = static_cast<uint32_t>(model.inputs.size());
  layer.output = from.output;
  layer.first_channel = from.first_channel;
  layer.weight_offset = from.weight_offset;
  layer.weight_bytes = from.weight_bytes;
  for (size_t i = 0; i < from.input_count; ++i)
    model.inputs.push_back({from.inputs[i], 0, converted(from.input_scale[i]), 0});
  model.layers.push_back(layer);
}

}  // namespace

void read_image_v1(PackedReader& reader, PackedModel& model) {
  const HeaderV1 header = reader.table<HeaderV1>(1, 1, "image header").front();
  if (header.version != 1) {
    reader.fail("was made for version " + std::to_string(header.version) +
                " of the engine, its format is that of version 1; export it again");
  }
  for (const uint32_t word : header.reserved) {
    if (word != 0) reader.fail("has an unknown image header; export it again with this program");
  }
  for (const LayerV1& layer : reader.table<LayerV1>(header.layer_count, kMaxLayers, "layers")) {
    if (!is_sound(layer)) reader.fail("has a layer that version 1 does not know; export it again with this program");
    append(layer, model);
  }
  model.tensors = reader.table<TensorDescriptor>(header.tensor_count, kMaxTensors, "tensors");
  for (const ChannelV1& channel :
       reader.table<ChannelV1>(header.channel_count, uint64_t{kMaxLayers} * kMaxTensorChannels, "channels"))
    model.channels.push_back({channel.bias, converted(channel.scale)});
  model.weights = reader.table<uint8_t>(header.weight_bytes, kMaxWeightBytes, "weights");
  model.arena_bytes = header.arena_bytes;
  if (header.input_bytes != bytes_of_role(model, kInputTensor) ||
      header.output_bytes != bytes_of_role(model, kOutputTensor)) {
    reader.fail("says wrong sizes of its inputs or outputs; export it again");
  }
}

}  // namespace flashcell::quant
