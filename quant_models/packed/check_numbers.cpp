#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "kernels_hls/contract/qcnn_functions.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/packed/layer_checks.hpp"

namespace flashcell::quant {

using namespace contract;

namespace {

constexpr int64_t kAccumulatorEnd = int64_t{1} << 31;
constexpr int64_t kWideTermEnd = int64_t{1} << 30;  // of a dyadic add

void check_table(const PackedModel& model, const LayerDescriptor& layer, uint64_t bytes) {
  require(layer.weight_bytes == bytes, "the weights' size is not the layer's");
  require(layer.weight_offset % kWeightAlignment == 0, "the weights do not begin at a multiple of 64 bytes");
  require(uint64_t{layer.weight_offset} + layer.weight_bytes <= model.weights.size(), "the weights are missing");
}

void check_channels(const PackedModel& model, const LayerDescriptor& layer) {
  require(uint64_t{layer.first_channel} + output_tensor(model, layer).channels <= model.channels.size(),
          "the channels' parameters are missing");
}

/// The byte's five digits, or fewer at the end, and nothing beyond them.
void check_ternary(const uint8_t* packed, uint64_t count) {
  for (uint64_t first = 0; first < count; first += 5) {
    const int end[] = {1, 3, 9, 27, 81, 243};
    require(packed[first / 5] < end[std::min<uint64_t>(5, count - first)], "a byte of ternary weights is too large");
  }
}

void check_weights(const PackedModel& model, const LayerDescriptor& layer) {
  const int channels = output_tensor(model, layer).channels;
  const bool ternary = layer.weight_bits == kTernaryBits;
  require(ternary || (layer.weight_bits >= 1 && layer.weight_bits <= 8), "weights have 1 to 8 bits or are ternary");
  const uint64_t count = weight_count(model, layer);
  check_table(model, layer, packed_bytes(count, layer.weight_bits));
  check_channels(model, layer);
  const uint8_t* packed = model.weights.data() + layer.weight_offset;
  if (ternary) check_ternary(packed, count);
  const TensorDescriptor& in = input_tensor(model, layer);
  const int64_t largest = std::max(std::abs(lowest(in)), highest(in));
  const int most = largest_weight(layer.weight_bits);
  // Depthwise weights have the channel fastest.
  const bool interleaved = layer.kind == LayerKind::depthwise;
  const uint64_t each = count / static_cast<uint64_t>(channels);
  for (int channel = 0; channel < channels; ++channel) {
    const ChannelParameters& parameters = model.channels[layer.first_channel + static_cast<uint32_t>(channel)];
    check_scale(parameters.scale, true, false);
    int64_t sum = 0;
    for (uint64_t i = 0; i < each; ++i) {
      const uint64_t index = interleaved ? i * static_cast<uint64_t>(channels) + static_cast<uint64_t>(channel)
                                         : static_cast<uint64_t>(channel) * each + i;
      const int weight = unpack_weight(packed, index, layer.weight_bits);
      require(weight >= -most, "a weight is below the symmetric range");
      sum += std::abs(weight);
    }
    const bool fits = parameters.bias > -kAccumulatorEnd && parameters.bias < kAccumulatorEnd &&
                      sum * largest + std::abs(parameters.bias) < kAccumulatorEnd;
    if (!fits)
      throw ModelError("output channel " + std::to_string(channel) +
                       " can overflow 32 bits; make its weights or its bias smaller");
  }
}

/// (n + bias) * multiplier must leave room for 2^(shift-1) in 63 bits.
void check_layer_norm(const PackedModel& model, const LayerDescriptor& layer) {
  require(input_tensor(model, layer).bits + layer.fraction_bits <= kMaxValueBits,
          "a row times its fraction has more than 16 bits");
  check_channels(model, layer);
  for (uint32_t i = 0; i < output_tensor(model, layer).channels; ++i) {
    const ChannelParameters& parameters = model.channels[layer.first_channel + i];
    check_scale(parameters.scale, true, true);
    const double largest = std::abs(static_cast<double>(parameters.bias)) + static_cast<double>(kEndOfLayerNorm);
    if (largest * std::abs(static_cast<double>(parameters.scale.multiplier)) >= 0x1.8p62)
      throw ModelError("output channel " + std::to_string(i) + " can overflow 64 bits; give its multiplier fewer bits");
  }
}

void check_no_tables(const LayerDescriptor& layer) {
  require(has_weights(layer.kind) ? layer.weight_bits != 0 : layer.weight_bits == 0,
          "only layers with weights have bits of weights");
  require(has_weights(layer.kind) || has_data(layer.kind) || (layer.weight_offset == 0 && layer.weight_bytes == 0),
          "this kind of layer has no weights");
  require(has_channels(layer.kind) || layer.first_channel == 0, "this kind of layer has no channels' parameters");
}

/// Values of data in a tensor's range.
void check_values(const uint8_t* bytes, uint64_t count, const TensorDescriptor& tensor) {
  for (uint64_t i = 0; i < count; ++i) {
    const int64_t value = stored_value(bytes, i, tensor.type);
    require(value >= lowest(tensor) && value <= highest(tensor), "a number is outside of the output's range");
  }
}

void check_data(const PackedModel& model, const LayerDescriptor& layer) {
  const TensorDescriptor& out = output_tensor(model, layer);
  const auto bytes = static_cast<uint64_t>(bytes_per_value(out.type));
  if (layer.kind == LayerKind::constant) {
    check_table(model, layer, bytes_of(out));
    return check_values(model.weights.data() + layer.weight_offset, values_of(out), out);
  }
  const TensorDescriptor& in = input_tensor(model, layer);
  if (layer.kind == LayerKind::table) {
    require(in.bits <= 8, "a table's input has at most 8 bits");
    const uint64_t entries = uint64_t{1} << in.bits;
    const bool each = layer.weight_bytes != entries * bytes;
    check_table(model, layer, entries * bytes * (each ? out.channels : 1u));
    return check_values(model.weights.data() + layer.weight_offset, layer.weight_bytes / bytes, out);
  }
  const uint64_t run = static_cast<uint64_t>(layer.constant), runs = values_of(out) / run;
  check_table(model, layer, runs * sizeof(int32_t));
  for (uint64_t i = 0; i < runs; ++i) {
    int32_t from;
    std::memcpy(&from, model.weights.data() + layer.weight_offset + i * sizeof(from), sizeof(from));
    require(from >= -1 && static_cast<int64_t>(from) < static_cast<int64_t>(values_of(in) / run),
            "a run lies outside of the input");
  }
}

void check_add(const PackedModel& model, const LayerDescriptor& layer) {
  const bool dyadic = is_dyadic(model, layer);
  for (size_t i = 0; i < layer.input_count; ++i) {
    const int64_t most = std::abs(requantize(reach(input_tensor(model, layer, i)), layer_input(model, layer, i).scale));
    require(dyadic || most <= INT16_MAX, "an input can overflow 16 bits; take fewer fraction bits");
    require(most < kWideTermEnd, "an input can overflow 31 bits; take fewer fraction bits");
  }
}

/// Sums without weights.
void check_sums(const PackedModel& model, const LayerDescriptor& layer) {
  if (layer.kind == LayerKind::constant) return;
  const TensorDescriptor& in = input_tensor(model, layer);
  switch (layer.kind) {
    case LayerKind::average_pool:
      return require(int64_t{layer.kernel_height} * layer.kernel_width * reach(in) < kAccumulatorEnd,
                     "the pool's sum can overflow 32 bits");
    case LayerKind::global_average_pool:
      return require(int64_t{in.height} * in.width * reach(in) < kAccumulatorEnd,
                     "the pool's sum can overflow 32 bits");
    case LayerKind::multiply:
      return require(reach(in) * reach(input_tensor(model, layer, 1)) < kAccumulatorEnd,
                     "a product can overflow 32 bits");
    case LayerKind::product:
      return require(reach(in) * reach(input_tensor(model, layer, 1)) * layer.depth < kAccumulatorEnd,
                     "the product's sum can overflow 32 bits; give its inputs fewer bits");
    case LayerKind::add:
      return check_add(model, layer);
    default:
      return;
  }
}

}  // namespace

void check_numbers(const PackedModel& model, const LayerDescriptor& layer) {
  check_no_tables(layer);
  if (has_weights(layer.kind)) return check_weights(model, layer);
  if (has_data(layer.kind)) return check_data(model, layer);
  if (layer.kind == LayerKind::layer_norm) return check_layer_norm(model, layer);
  check_sums(model, layer);
}

}  // namespace flashcell::quant
