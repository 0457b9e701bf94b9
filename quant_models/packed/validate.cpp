#include "quant_models/packed/validate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "quant_models/model_error.hpp"

namespace flashcell::quant {
namespace {

using namespace contract;

constexpr int64_t kAccumulatorEnd = int64_t{1} << 31;

int lowest(const TensorDescriptor& tensor) {
  return contract::lowest(tensor.type, tensor.bits);
}
int highest(const TensorDescriptor& tensor) {
  return contract::highest(tensor.type, tensor.bits);
}

/// Largest |q - zero|.
int64_t reach(const TensorDescriptor& tensor, int zero) {
  return std::max(highest(tensor) - zero, zero - lowest(tensor));
}

bool same_meaning(const TensorDescriptor& a, const TensorDescriptor& b) {
  return a.type == b.type && a.bits == b.bits && a.zero_point == b.zero_point;
}

class Validator {
 public:
  Validator(const PackedModel& model, const std::string& name) : model_(model), name_(name) {}

  void check() {
    check_sizes();
    for (size_t i = 0; i < model_.tensors.size(); ++i) check_tensor(i);
    for (size_t i = 0; i < model_.layers.size(); ++i) {
      where_ = "layer " + std::to_string(i) + " (" + model_.layer_names[i] + ")";
      check_layer(model_.layers[i]);
    }
    where_.clear();
    check_tables_are_used();
    check_order_and_memory();
    check_preprocessing();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(name_ + ": " + (where_.empty() ? "" : where_ + ": ") + what);
  }
  void require(bool sound, const char* what) const {
    if (!sound) fail(what);
  }

  void check_sizes() const {
    require(!model_.layers.empty() && model_.layers.size() <= kMaxLayers, "a model has 1 to 1024 layers");
    require(!model_.tensors.empty() && model_.tensors.size() <= kMaxTensors, "a model has 1 to 2048 tensors");
    require(model_.layer_names.size() == model_.layers.size(), "there must be one name for each layer");
    require(model_.tensor_names.size() == model_.tensors.size() && model_.tensor_scales.size() == model_.tensors.size(),
            "there must be one name and one scale for each tensor");
    require(model_.weights.size() <= kMaxWeightBytes, "weights are larger than 256 MiB");
    require(model_.arena_bytes <= kMaxArenaBytes, "activations need more than 256 MiB");
  }

  void check_tensor(size_t index) {
    const TensorDescriptor& tensor = model_.tensors[index];
    where_ = "tensor " + std::to_string(index) + " (" + model_.tensor_names[index] + ")";
    require(tensor.height >= 1 && tensor.height <= kMaxTensorSide && tensor.width >= 1 &&
                tensor.width <= kMaxTensorSide && tensor.channels >= 1 && tensor.channels <= kMaxTensorChannels,
            "height, width and channels must be 1 to 4096");
    require(tensor.type == ActivationType::unsigned8 || tensor.type == ActivationType::signed8, "unknown type");
    require(tensor.bits == 8 || tensor.bits == 4, "activations have 8 or 4 bits");
    require(tensor.zero_point >= lowest(tensor) && tensor.zero_point <= highest(tensor),
            "the zero point is outside of the type's range");
    require(tensor.role <= (kInputTensor | kOutputTensor) && tensor.reserved == 0, "unknown role");
    const uint64_t bytes = uint64_t{tensor.height} * tensor.width * tensor.channels;
    require(bytes + tensor.arena_offset <= model_.arena_bytes, "lies outside of the arena");
    const float scale = model_.tensor_scales[index];
    require(std::isfinite(scale) && scale > 0, "the scale must be finite and above 0");
    where_.clear();
  }

  void check_layer(const LayerDescriptor& layer) {
    require(layer.kind >= LayerKind::convolution && layer.kind <= LayerKind::upsample, "unknown kind of layer");
    check_reserved(layer);
    check_input_count(layer);
    for (int i = 0; i < kMaxLayerInputs; ++i) {
      require(layer.inputs[i] < (i < layer.input_count ? model_.tensors.size() : 1), "an input tensor does not exist");
      check_scale(layer.input_scale[i], i < scaled_inputs(layer));
    }
    require(layer.output < model_.tensors.size(), "the output tensor does not exist");
    const TensorDescriptor& out = model_.tensors[layer.output];
    require(layer.clamp_low <= layer.clamp_high && layer.clamp_low >= lowest(out) && layer.clamp_high <= highest(out),
            "the clamp is empty or outside of the output's range");
    check_window(layer);
    check_shape(layer);
    if (has_weights(layer.kind)) {
      check_weights(layer);
    } else {
      require(layer.weight_bits == 0 && layer.weight_offset == 0 && layer.weight_bytes == 0 && layer.first_channel == 0,
              "this kind of layer has no weights");
      check_sums(layer);
    }
  }

  void check_reserved(const LayerDescriptor& layer) const {
    bool zero = layer.reserved0 == 0 && layer.reserved1 == 0;
    for (const uint8_t byte : layer.reserved2) zero = zero && byte == 0;
    require(zero, "reserved bytes must be 0");
    require(layer.kind == LayerKind::add ? layer.fraction_bits <= kMaxFractionBits : layer.fraction_bits == 0,
            "fraction bits are 0 to 8, for layers of kind add only");
  }

  void check_input_count(const LayerDescriptor& layer) const {
    const int count = layer.input_count;
    const bool sound = layer.kind == LayerKind::add      ? count == 2
                       : layer.kind == LayerKind::concat ? count >= 2 && count <= kMaxLayerInputs
                                                         : count == 1;
    require(sound, "wrong number of inputs: add has 2, concat 2 to 4, every other kind 1");
  }

  static int scaled_inputs(const LayerDescriptor& layer) {
    switch (layer.kind) {
      case LayerKind::add:
      case LayerKind::concat:
        return layer.input_count;
      case LayerKind::average_pool:
      case LayerKind::global_average_pool:
        return 1;
      default:
        return 0;
    }
  }

  void check_scale(const Requantization& scale, bool used) const {
    require(scale.reserved == 0, "reserved bytes must be 0");
    if (!used) {
      require(scale.multiplier == 0 && scale.shift == 0, "a multiplier where none is used");
    } else {
      require(scale.multiplier >= kMinMultiplier, "a multiplier is outside of [2^15, 2^16)");
      require(scale.shift >= 1 && scale.shift <= kMaxShift, "a shift is outside of 1 to 47");
    }
  }

  static bool has_window(LayerKind kind) {
    return kind == LayerKind::convolution || kind == LayerKind::depthwise || kind == LayerKind::max_pool ||
           kind == LayerKind::average_pool;
  }

  void check_window(const LayerDescriptor& layer) const {
    if (!has_window(layer.kind)) {
      require(layer.kernel_height == 1 && layer.kernel_width == 1, "this kind of layer has no window");
      require(layer.pad_top == 0 && layer.pad_left == 0 && layer.pad_bottom == 0 && layer.pad_right == 0,
              "this kind of layer has no padding");
      const int most = layer.kind == LayerKind::upsample ? kMaxUpsample : 1;
      require(layer.stride >= 1 && layer.stride <= most, "the stride (factor of an upsample) is out of range");
      return;
    }
    const bool pool = !has_weights(layer.kind);
    const int most = pool ? kMaxPoolSide : kMaxKernelSide;
    require(layer.kernel_height >= 1 && layer.kernel_height <= most && layer.kernel_width >= 1 &&
                layer.kernel_width <= most,
            "the window is out of range: convolutions 1 to 7, pools 1 to 15");
    require(pool ? layer.stride >= 1 && layer.stride <= kMaxPoolSide
                 : layer.stride == 1 || layer.stride == 2 || layer.stride == 4,
            "the stride is out of range: convolutions 1, 2 or 4, pools 1 to 15");
    require(layer.pad_top < layer.kernel_height && layer.pad_bottom < layer.kernel_height &&
                layer.pad_left < layer.kernel_width && layer.pad_right < layer.kernel_width,
            "padding must be smaller than the window");
  }

  void check_shape(const LayerDescriptor& layer) const {
    const TensorDescriptor& in = model_.tensors[layer.inputs[0]];
    const TensorDescriptor& out = model_.tensors[layer.output];
    int height = in.height, width = in.width, channels = in.channels;
    switch (layer.kind) {
      case LayerKind::convolution:
      case LayerKind::depthwise:
      case LayerKind::max_pool:
      case LayerKind::average_pool: {
        const int rows = in.height + layer.pad_top + layer.pad_bottom - layer.kernel_height;
        const int columns = in.width + layer.pad_left + layer.pad_right - layer.kernel_width;
        require(rows >= 0 && columns >= 0, "the window is larger than the padded input");
        height = rows / layer.stride + 1;
        width = columns / layer.stride + 1;
        if (layer.kind == LayerKind::convolution) channels = out.channels;
        break;
      }
      case LayerKind::fully_connected:
        height = width = 1;
        channels = out.channels;
        break;
      case LayerKind::global_average_pool:
        height = width = 1;
        break;
      case LayerKind::upsample:
        height *= layer.stride;
        width *= layer.stride;
        break;
      case LayerKind::add:
      case LayerKind::concat:
        channels = check_joined(layer);
        break;
    }
    require(out.height == height && out.width == width && out.channels == channels,
            "the output's shape does not follow from the input's");
    if (layer.kind == LayerKind::max_pool || layer.kind == LayerKind::upsample) {
      require(same_meaning(in, out) && model_.tensor_scales[layer.inputs[0]] == model_.tensor_scales[layer.output],
              "input and output must have the same type, bits, scale and zero point");
      require(layer.clamp_low == lowest(out) && layer.clamp_high == highest(out), "this kind of layer cannot clamp");
    }
  }

  /// Channels of the output of add and concat.
  int check_joined(const LayerDescriptor& layer) const {
    int channels = 0;
    const TensorDescriptor& first = model_.tensors[layer.inputs[0]];
    for (int i = 0; i < layer.input_count; ++i) {
      const TensorDescriptor& in = model_.tensors[layer.inputs[i]];
      require(in.height == first.height && in.width == first.width, "the inputs' heights and widths differ");
      if (layer.kind == LayerKind::add) require(in.channels == first.channels, "the inputs' channels differ");
      channels = layer.kind == LayerKind::add ? in.channels : channels + in.channels;
    }
    return channels;
  }

  void check_weights(const LayerDescriptor& layer) const {
    const int channels = model_.tensors[layer.output].channels;
    require(layer.weight_bits == 8 || layer.weight_bits == 4 || layer.weight_bits == 2, "weights have 8, 4 or 2 bits");
    const uint64_t count = weight_count(model_, layer);
    require(layer.weight_bytes == packed_bytes(count, layer.weight_bits), "the weights' size is not the layer's");
    require(layer.weight_offset % kWeightAlignment == 0, "the weights do not begin at a multiple of 64 bytes");
    require(uint64_t{layer.weight_offset} + layer.weight_bytes <= model_.weights.size(), "the weights are missing");
    require(uint64_t{layer.first_channel} + static_cast<uint64_t>(channels) <= model_.channels.size(),
            "the channels' parameters are missing");
    const uint8_t* packed = model_.weights.data() + layer.weight_offset;
    const TensorDescriptor& in = model_.tensors[layer.inputs[0]];
    const int64_t largest = std::max(std::abs(lowest(in)), highest(in));
    const int most = (1 << (layer.weight_bits - 1)) - 1;
    // Depthwise weights have the channel fastest.
    const bool interleaved = layer.kind == LayerKind::depthwise;
    const uint64_t each = count / static_cast<uint64_t>(channels);
    for (int channel = 0; channel < channels; ++channel) {
      const ChannelParameters& parameters = model_.channels[layer.first_channel + static_cast<uint32_t>(channel)];
      check_scale(parameters.scale, true);
      int64_t sum = 0;
      for (uint64_t i = 0; i < each; ++i) {
        const uint64_t index = interleaved ? i * static_cast<uint64_t>(channels) + static_cast<uint64_t>(channel)
                                           : static_cast<uint64_t>(channel) * each + i;
        const int weight = unpack_weight(packed, index, layer.weight_bits);
        require(weight >= -most, "a weight is below the symmetric range");
        sum += std::abs(weight);
      }
      if (sum * largest + std::abs(int64_t{parameters.bias}) >= kAccumulatorEnd) {
        fail("output channel " + std::to_string(channel) +
             " can overflow 32 bits; make its weights or its bias smaller");
      }
    }
  }

  /// Sums without weights: average pools, add, concat.
  void check_sums(const LayerDescriptor& layer) const {
    const TensorDescriptor& in = model_.tensors[layer.inputs[0]];
    if (layer.kind == LayerKind::average_pool || layer.kind == LayerKind::global_average_pool) {
      const int64_t window = layer.kind == LayerKind::average_pool ? int64_t{layer.kernel_height} * layer.kernel_width
                                                                   : int64_t{in.height} * in.width;
      require(window * reach(in, in.zero_point) < kAccumulatorEnd, "the pool's sum can overflow 32 bits");
    }
    if (layer.kind != LayerKind::add) return;
    for (int i = 0; i < layer.input_count; ++i) {
      const TensorDescriptor& each = model_.tensors[layer.inputs[i]];
      require(requantize(reach(each, each.zero_point), layer.input_scale[i]) <= INT16_MAX,
              "an input can overflow 16 bits; take fewer fraction bits");
    }
  }

  /// Weights and parameters belong to one layer each, in the layers' order, so that nothing hides between them.
  void check_tables_are_used() {
    uint64_t next_weight = 0, next_channel = 0;
    for (size_t i = 0; i < model_.layers.size(); ++i) {
      const LayerDescriptor& layer = model_.layers[i];
      if (!has_weights(layer.kind)) continue;
      where_ = "layer " + std::to_string(i) + " (" + model_.layer_names[i] + ")";
      require(layer.weight_offset == next_weight, "the weights do not follow those of the layer before");
      require(layer.first_channel == next_channel, "the channels do not follow those of the layer before");
      next_weight += (uint64_t{layer.weight_bytes} + kWeightAlignment - 1) / kWeightAlignment * kWeightAlignment;
      next_channel += model_.tensors[layer.output].channels;
    }
    where_.clear();
    require(next_weight == model_.weights.size(), "there are weights that no layer uses");
    require(next_channel == model_.channels.size(), "there are channels that no layer uses");
  }

  /// Every tensor is written once, before it is read; while it is needed nobody else writes over it.
  void check_order_and_memory() const {
    const int layer_count = static_cast<int>(model_.layers.size());
    const size_t tensor_count = model_.tensors.size();
    std::vector<int> written(tensor_count, layer_count), read(tensor_count, -2);
    bool has_input = false, has_output = false;
    for (size_t i = 0; i < tensor_count; ++i) {
      if (model_.tensors[i].role & kInputTensor) written[i] = -1;
      if (model_.tensors[i].role & kOutputTensor) read[i] = layer_count;
      has_input |= (model_.tensors[i].role & kInputTensor) != 0;
      has_output |= (model_.tensors[i].role & kOutputTensor) != 0;
    }
    require(has_input && has_output, "a model has at least one input and one output tensor");
    for (int i = 0; i < layer_count; ++i) {
      const LayerDescriptor& layer = model_.layers[static_cast<size_t>(i)];
      const std::string layer_name =
          "layer " + std::to_string(i) + " (" + model_.layer_names[static_cast<size_t>(i)] + "): ";
      for (int input = 0; input < layer.input_count; ++input) {
        if (written[layer.inputs[input]] >= i) fail(layer_name + "reads a tensor before it is written");
        read[layer.inputs[input]] = std::max(read[layer.inputs[input]], i);
      }
      if (written[layer.output] != layer_count) fail(layer_name + "writes a tensor that is written already");
      written[layer.output] = i;
    }
    for (size_t i = 0; i < tensor_count; ++i) {
      if (written[i] == layer_count || read[i] == -2) {
        fail("tensor " + std::to_string(i) + " (" + model_.tensor_names[i] + "): is never " +
             (read[i] == -2 ? "read" : "written"));
      }
    }
    check_overlaps(written, read);
  }

  /// Tensors in the order of their addresses; only neighbours in memory are compared.
  void check_overlaps(const std::vector<int>& written, const std::vector<int>& read) const {
    const std::vector<TensorDescriptor>& tensors = model_.tensors;
    std::vector<size_t> order(tensors.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](size_t a, size_t b) { return tensors[a].arena_offset < tensors[b].arena_offset; });
    for (size_t a = 0; a < order.size(); ++a) {
      const size_t first = order[a];
      const uint64_t end = uint64_t{tensors[first].arena_offset} + bytes_of(tensors[first]);
      for (size_t b = a + 1; b < order.size() && tensors[order[b]].arena_offset < end; ++b) {
        const size_t second = order[b];
        if (written[first] <= read[second] && written[second] <= read[first]) {
          fail("tensors " + std::to_string(std::min(first, second)) + " and " +
               std::to_string(std::max(first, second)) + " share memory while both are needed");
        }
      }
    }
  }

  void check_preprocessing() const {
    require(model_.preprocessing.channels <= Preprocessing::Channels::bgr, "preprocessing: unknown channel order");
    for (int i = 0; i < 3; ++i) {
      require(std::isfinite(model_.preprocessing.mean[static_cast<size_t>(i)]),
              "preprocessing: the mean is not finite");
      const float factor = model_.preprocessing.factor[static_cast<size_t>(i)];
      require(std::isfinite(factor) && factor > 0, "preprocessing: the factor must be finite and above 0");
    }
  }

  const PackedModel& model_;
  const std::string& name_;
  std::string where_;
};

}  // namespace

void validate(const PackedModel& model, const std::string& name) {
  Validator(model, name).check();
}

}  // namespace flashcell::quant
