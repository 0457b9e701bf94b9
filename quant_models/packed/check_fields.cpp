#include <algorithm>

#include "quant_models/model_error.hpp"
#include "quant_models/packed/layer_checks.hpp"

namespace flashcell::quant {

using namespace contract;

namespace {

/// Inputs that a kind reads.
struct Count {
  int least, most;
};
Count input_count(LayerKind kind) {
  switch (kind) {
    case LayerKind::add:
    case LayerKind::multiply:
    case LayerKind::product:
      return {2, 2};
    case LayerKind::concat:
      return {2, kMaxLayerInputs};
    case LayerKind::constant:
      return {0, 0};
    default:
      return {1, 1};
  }
}

/// Inputs with a multiplier.
int scaled_inputs(const LayerDescriptor& layer) {
  switch (layer.kind) {
    case LayerKind::add:
    case LayerKind::concat:
      return layer.input_count;
    case LayerKind::average_pool:
    case LayerKind::global_average_pool:
    case LayerKind::channel_mean:
    case LayerKind::multiply:
    case LayerKind::product:
    case LayerKind::linear_upsample:
    case LayerKind::gelu:
      return 1;
    default:
      return 0;
  }
}

bool is_pool(LayerKind kind) {
  return kind == LayerKind::max_pool || kind == LayerKind::average_pool;
}
bool has_window(LayerKind kind) {
  return is_pool(kind) || (has_weights(kind) && kind != LayerKind::fully_connected);
}

void check_reserved(const LayerDescriptor& layer) {
  bool zero = layer.reserved0 == 0 && layer.reserved1 == 0;
  for (const uint8_t byte : layer.reserved2) zero = zero && byte == 0;
  require(zero, "reserved bytes must be 0");
  const bool sum = layer.kind == LayerKind::add || layer.kind == LayerKind::layer_norm,
             softmax = layer.kind == LayerKind::softmax;
  require(sum       ? layer.fraction_bits <= kMaxFractionBits
          : softmax ? layer.fraction_bits >= 1 && layer.fraction_bits <= kMaxSoftmaxBits
                    : layer.fraction_bits == 0,
          "fraction bits are 0 to 8 for layers of kind add and layer norm, 1 to 16 for softmax, else 0");
  require(layer.kind == LayerKind::concat ? layer.axis <= Axis::channels : layer.axis == Axis::rows,
          "an axis is one of three, for layers of kind concat only");
}

void check_constant(const LayerDescriptor& layer, const TensorDescriptor& out) {
  switch (layer.kind) {
    case LayerKind::softmax:
      return require(layer.constant <= -1 && layer.constant >= -kMaxSoftmaxUnit,
                     "the integer of -1 is outside of -65535 to -1");
    case LayerKind::gelu:
      return require(layer.constant <= -1 && layer.constant >= -kMaxGeluUnit,
                     "the integer of -1 is outside of -255 to -1");
    case LayerKind::pad:
      return require(layer.constant >= lowest(out) && layer.constant <= highest(out),
                     "the value outside is outside of the output's range");
    case LayerKind::gather:
      return require(layer.constant >= 1, "a run has at least one value");
    default:
      return require(layer.constant == 0, "this kind of layer has no constant");
  }
}

void check_padding(const LayerDescriptor& layer, int height, int width) {
  require(layer.pad_top < height && layer.pad_bottom < height && layer.pad_left < width && layer.pad_right < width,
          "padding must be smaller than the window");
}

void check_window(const LayerDescriptor& layer) {
  const bool weights = has_weights(layer.kind) && layer.kind != LayerKind::fully_connected;
  const auto within = [](int value, int most) { return value >= 1 && value <= most; };
  const int most_dilation = weights ? kMaxDilation : 1;
  require(within(layer.dilation_rows, most_dilation) && within(layer.dilation_columns, most_dilation),
          "the dilation is out of range: convolutions 1 to 16, else 1");
  const bool upsample = layer.kind == LayerKind::upsample || layer.kind == LayerKind::linear_upsample;
  const int most_stride = weights ? kMaxStride : is_pool(layer.kind) ? kMaxPoolSide : upsample ? kMaxUpsample : 1;
  require(within(layer.stride_rows, most_stride) && within(layer.stride_columns, most_stride),
          "the stride is out of range: convolutions 1 to 4, pools 1 to 15, factors of an upsample 1 to 8, else 1");
  if (!has_window(layer.kind)) {
    require(layer.kernel_height == 1 && layer.kernel_width == 1, "this kind of layer has no window");
    require(layer.kind == LayerKind::pad ||
                (layer.pad_top == 0 && layer.pad_left == 0 && layer.pad_bottom == 0 && layer.pad_right == 0),
            "this kind of layer has no padding");
    return;
  }
  const int most = weights ? kMaxKernelSide : kMaxPoolSide;
  require(within(layer.kernel_height, most) && within(layer.kernel_width, most),
          "the window is out of range: convolutions 1 to 11, pools 1 to 15");
  check_padding(layer, layer.dilation_rows * (layer.kernel_height - 1) + 1,
                layer.dilation_columns * (layer.kernel_width - 1) + 1);
}

bool all_zero(const Strides& s) {
  return s.first == 0 && s.outer == 0 && s.inner == 0 && s.row == 0 && s.column == 0;
}

void check_strides(const LayerDescriptor& layer) {
  const bool product = layer.kind == LayerKind::product, move = layer.kind == LayerKind::move;
  if (product || move) {
    require(layer.outer >= 1 && layer.inner >= 1 && layer.rows >= 1 && layer.columns >= 1 &&
                (product ? layer.depth >= 1 : layer.depth == 0),
            "outer, inner, rows, columns and a product's depth must be at least 1");
  } else {
    require(layer.outer == 0 && layer.inner == 0 && layer.rows == 0 && layer.columns == 0 && layer.depth == 0 &&
                all_zero(layer.first_strides) && all_zero(layer.output_strides),
            "this kind of layer has no strides in memory");
  }
  require(product || all_zero(layer.second_strides), "only a product has strides in a second input");
}

}  // namespace

void require(bool sound, const char* what) {
  if (!sound) throw ModelError(what);
}

int lowest(const TensorDescriptor& tensor) {
  return contract::lowest(tensor.type, tensor.bits);
}
int highest(const TensorDescriptor& tensor) {
  return contract::highest(tensor.type, tensor.bits);
}
int64_t reach(const TensorDescriptor& tensor) {
  return std::max(highest(tensor) - tensor.zero_point, tensor.zero_point - lowest(tensor));
}

bool is_dyadic(const PackedModel& model, const LayerDescriptor& layer) {
  switch (layer.kind) {
    case LayerKind::product:
    case LayerKind::layer_norm:
    case LayerKind::gelu:
      return true;
    case LayerKind::add: {
      bool wide = output_tensor(model, layer).bits > 8;
      for (size_t i = 0; i < layer.input_count; ++i) wide = wide || input_tensor(model, layer, i).bits > 8;
      return wide;
    }
    default:
      return false;
  }
}

void check_scale(const Requantization& scale, bool used, bool dyadic) {
  require(scale.reserved[0] == 0 && scale.reserved[1] == 0 && scale.reserved[2] == 0, "reserved bytes must be 0");
  if (!used) {
    require(scale.multiplier == 0 && scale.shift == 0, "a multiplier where none is used");
  } else if (dyadic) {
    require(scale.multiplier != 0 && scale.multiplier != INT32_MIN, "a multiplier is 0 or has more than 31 bits");
    require(scale.shift >= 1 && scale.shift <= kMaxDyadicShift, "a shift is outside of 1 to 62");
  } else {
    require(scale.multiplier >= kMinMultiplier && scale.multiplier < kEndMultiplier,
            "a multiplier is outside of [2^15, 2^16)");
    require(scale.shift >= 1 && scale.shift <= kMaxShift, "a shift is outside of 1 to 47");
  }
}

void check_fields(const PackedModel& model, const LayerDescriptor& layer) {
  require(layer.kind >= LayerKind::convolution && static_cast<int>(layer.kind) <= kLayerKinds, "unknown kind of layer");
  check_reserved(layer);
  const Count count = input_count(layer.kind);
  require(layer.input_count >= count.least && layer.input_count <= count.most,
          "wrong number of inputs: add, multiply and product have 2, concat 2 to 256, constant 0, every other kind 1");
  require(uint64_t{layer.first_input} + layer.input_count <= model.inputs.size(), "the inputs are missing");
  for (int i = 0; i < layer.input_count; ++i) {
    const LayerInput& input = layer_input(model, layer, static_cast<size_t>(i));
    require(input.tensor < model.tensors.size(), "an input tensor does not exist");
    require(input.reserved0 == 0 && input.reserved1 == 0, "reserved bytes must be 0");
  }
  require(layer.output < model.tensors.size(), "the output tensor does not exist");
  for (int i = 0; i < layer.input_count; ++i)
    check_scale(layer_input(model, layer, static_cast<size_t>(i)).scale, i < scaled_inputs(layer),
                is_dyadic(model, layer));
  const TensorDescriptor& out = output_tensor(model, layer);
  require(layer.clamp_low <= layer.clamp_high && layer.clamp_low >= lowest(out) && layer.clamp_high <= highest(out),
          "the clamp is empty or outside of the output's range");
  check_constant(layer, out);
  check_window(layer);
  check_strides(layer);
}

}  // namespace flashcell::quant
