#include "host/inference/engine/prepack.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "host/inference/engine/tensor_range.hpp"

namespace flashcell::host::inference {
namespace {

using namespace contract;

/// One layer's weights by output channel and place in the window.
class WeightSource {
 public:
  WeightSource(const quant::PackedModel& model, const LayerDescriptor& layer)
      : packed_(model.weights.data() + layer.weight_offset),
        bits_(layer.weight_bits),
        interleaved_(layer.kind == LayerKind::depthwise),
        channels_(model.tensors[layer.output].channels),
        each_(quant::weight_count(model, layer) / channels_) {}

  /// `index` counts the window's values of one output channel.
  int operator()(int channel, uint64_t index) const {
    const auto c = static_cast<uint64_t>(channel);
    return unpack_weight(packed_, interleaved_ ? index * channels_ + c : c * each_ + index, bits_);
  }
  uint64_t each() const { return each_; }

 private:
  const uint8_t* packed_;
  int bits_;
  bool interleaved_;
  uint64_t channels_, each_;
};

/// Whether floats give the exact result for every sum of this channel; see WeightedLayer.
bool floats_are_exact(Requantization scale, int64_t largest_sum, bool words) {
  constexpr int64_t kExactIntegers = int64_t{1} << 24;
  const int clamped_beyond = words ? 22 : 30;  // 2^24 * 2^15 / 2^30 is 512: no clamp of bytes is that wide
  const double largest = static_cast<double>(largest_sum) * std::ldexp(scale.multiplier, -scale.shift);
  return (scale.shift <= clamped_beyond || largest_sum < kExactIntegers) && largest < 0x1p30;
}

template <class Value>
void pack_convolution(const WeightSource& source, const WeightedLayer& layer, int group, AlignedVector<Value>& packed) {
  const int blocks = whole(layer.channels, kBlock);
  const int runs = layer.kernel_height * layer.runs;
  packed.assign(static_cast<size_t>(blocks) * static_cast<size_t>(runs) * static_cast<size_t>(layer.groups) *
                    static_cast<size_t>(group * kBlock),
                0);
  size_t begin = 0;
  for (int block = 0; block < blocks; ++block) {
    for (int run = 0; run < runs; ++run) {
      for (int step = 0; step < layer.groups * group; ++step) {
        if (step % group == 0 && step != 0) begin += static_cast<size_t>(group * kBlock);
        if (step >= layer.row_values) continue;
        for (int i = 0; i < std::min(kBlock, layer.channels - block * kBlock); ++i) {
          packed[begin + static_cast<size_t>(i * group + step % group)] = static_cast<Value>(source(
              block * kBlock + i,
              static_cast<uint64_t>(run) * static_cast<uint64_t>(layer.row_values) + static_cast<uint64_t>(step)));
        }
      }
      begin += static_cast<size_t>(group * kBlock);
    }
  }
}

void pack_depthwise(const WeightSource& source, const WeightedLayer& layer, AlignedVector<int16_t>& packed) {
  const int blocks = whole(layer.channels, kBlock), taps = layer.kernel_height * layer.kernel_width;
  packed.assign(static_cast<size_t>(blocks) * static_cast<size_t>(layer.groups) * 2 * kBlock, 0);
  for (int channel = 0; channel < layer.channels; ++channel) {
    for (int tap = 0; tap < taps; ++tap) {
      const int pair = channel / kBlock * layer.groups + tap / 2;
      packed[static_cast<size_t>(pair * 2 * kBlock + channel % kBlock * 2 + tap % 2)] =
          static_cast<int16_t>(source(channel, static_cast<uint64_t>(tap)));
    }
  }
}

constexpr int kLanes = 4;  // of 16 channels, in a block of fours

/// The channel at each place of the blocks of fours; -1: none.
std::vector<int> places_of_fours(int channels) {
  constexpr int kPlaces = kLanes * kBlock, kQuarter = kBlock / 4;
  std::vector<int> places;
  for (int first = 0; first < channels; first += kPlaces) {
    const int left = channels - first;
    const int lanes = left > 2 * kBlock ? 4 : left > kBlock ? 2 : 1;  // that differ
    for (int place = 0; place < kPlaces; ++place) {
      const int quarter = place / kBlock, lane = place % kBlock / kQuarter % lanes;
      const int channel = lane * kBlock + quarter * kQuarter + place % kQuarter;
      places.push_back(channel < left ? first + channel : -1);
    }
  }
  return places;
}

/// Pixels whose weights stand together.
int shifts_of_fours(const WeightedLayer& layer) {
  return layer.stride_columns == 1 && layer.dilation_columns == 1 ? 2 : 1;
}

void pack_fours(const WeightSource& source, const WeightedLayer& layer, const std::vector<int>& places,
                AlignedVector<int8_t>& packed) {
  constexpr size_t kPlaces = kLanes * kBlock;
  const int shifts = shifts_of_fours(layer);
  for (size_t first = 0; first < places.size(); first += kPlaces) {
    for (int row = 0; row < layer.kernel_height; ++row) {
      for (int group = 0; group < layer.groups; ++group) {
        for (int shift = 0; shift < shifts; ++shift) {
          for (size_t i = 0; i < kPlaces * 4; ++i) {
            const int channel = places[first + i / 4], column = group * 4 + static_cast<int>(i % 4) - shift;
            const bool none = channel < 0 || column < 0 || column >= layer.kernel_width;
            const auto tap = static_cast<uint64_t>(row * layer.kernel_width + column);
            packed.push_back(none ? int8_t{0} : static_cast<int8_t>(source(channel, tap)));
          }
        }
      }
    }
  }
}

/// Values of channels at their places.
template <class Values>
void place(Values& values, const std::vector<int>& places, typename Values::value_type none) {
  Values placed;
  for (const int channel : places) placed.push_back(channel < 0 ? none : values[static_cast<size_t>(channel)]);
  values = std::move(placed);
}

void describe_window(const LayerDescriptor& descriptor, const TensorDescriptor& in, WeightedLayer& layer) {
  layer.kernel_height = descriptor.kernel_height;
  layer.kernel_width = descriptor.kernel_width;
  layer.stride_rows = descriptor.stride_rows;
  layer.stride_columns = descriptor.stride_columns;
  layer.dilation_rows = descriptor.dilation_rows;
  layer.dilation_columns = descriptor.dilation_columns;
  layer.pad_top = descriptor.pad_top;
  layer.pad_left = descriptor.pad_left;
  if (descriptor.kind == LayerKind::fully_connected) {
    layer.kernel_height = in.height;
    layer.kernel_width = in.width;
  }
  layer.runs = layer.dilation_columns == 1 ? 1 : layer.kernel_width;
  layer.row_values = layer.kernel_width / layer.runs * in.channels;
}

/// Bias, multipliers and whether floats do.
void pack_parameters(const quant::PackedModel& model, const LayerDescriptor& descriptor, const WeightSource& source,
                     PackedLayer& packed) {
  const TensorDescriptor& in = quant::input_tensor(model, descriptor);
  const int64_t largest = std::max(-lowest(in.type, in.bits), highest(in.type, in.bits));
  const auto padded = static_cast<size_t>(whole(packed.layer.channels, kBlock) * kBlock);
  packed.bias.assign(padded, 0);
  packed.scale.assign(padded, 0);
  packed.exact.assign(padded, {0, 1, {}});
  packed.layer.fast = true;
  for (int channel = 0; channel < packed.layer.channels; ++channel) {
    const ChannelParameters& parameters = model.channels[descriptor.first_channel + static_cast<uint32_t>(channel)];
    int64_t sum = 0, magnitude = 0;
    for (uint64_t i = 0; i < source.each(); ++i) {
      sum += source(channel, i);
      magnitude += std::abs(source(channel, i));
    }
    const auto at = static_cast<size_t>(channel);
    // May wrap around; so do the sums it is added to.
    packed.bias[at] = static_cast<int32_t>(static_cast<uint32_t>(parameters.bias - stored_offset(in) * sum));
    packed.exact[at] = parameters.scale;
    packed.scale[at] = static_cast<float>(std::ldexp(parameters.scale.multiplier, -parameters.scale.shift));
    if (!floats_are_exact(parameters.scale, magnitude * largest + std::abs(parameters.bias), packed.layer.words)) {
      packed.layer.fast = false;
    }
  }
}

}  // namespace

PackedLayer prepack(const quant::PackedModel& model, const LayerDescriptor& descriptor, const Kernels& kernels) {
  const TensorDescriptor& in = quant::input_tensor(model, descriptor);
  const TensorDescriptor& out = model.tensors[descriptor.output];
  const WeightSource source(model, descriptor);
  PackedLayer packed;
  WeightedLayer& layer = packed.layer;
  describe_window(descriptor, in, layer);
  layer.channels = out.channels;
  layer.words = bytes_per_value(out.type) == 2;
  layer.stored_offset = stored_offset(out);
  layer.offset = static_cast<float>(layer.stored_offset) + 0.5f;
  layer.low = descriptor.clamp_low + layer.stored_offset;
  layer.high = descriptor.clamp_high + layer.stored_offset;
  pack_parameters(model, descriptor, source, packed);
  if (descriptor.kind == LayerKind::depthwise && kernels.taps == DepthwiseTaps::fours) {
    layer.groups = whole(layer.kernel_width + shifts_of_fours(layer) - 1, 4);
    const std::vector<int> places = places_of_fours(layer.channels);
    pack_fours(source, layer, places, packed.narrow);
    place(packed.bias, places, 0);
    place(packed.scale, places, 0);
    place(packed.exact, places, {0, 1, 0});
  } else if (descriptor.kind == LayerKind::depthwise) {
    layer.groups = whole(layer.kernel_height * layer.kernel_width, 2);
    pack_depthwise(source, layer, packed.wide);
  } else {
    layer.groups = whole(layer.row_values, kernels.group);
    kernels.wide ? pack_convolution(source, layer, kernels.group, packed.wide)
                 : pack_convolution(source, layer, kernels.group, packed.narrow);
  }
  layer.weights = packed.wide.empty() ? static_cast<const void*>(packed.narrow.data()) : packed.wide.data();
  layer.bias = packed.bias.data();
  layer.scale = packed.scale.data();
  layer.exact = packed.exact.data();
  for (const Requantization& each : packed.exact)
    packed.exact_scale.push_back(std::ldexp(each.multiplier, -each.shift));
  layer.exact_scale = packed.exact_scale.data();
  return packed;
}

void append_copy(PackedLayer& packed, const CopyLayer& copy) {
  if (copy.identity) return;
  const WeightedLayer& layer = packed.layer;
  packed.layer.rescaling = {true,
                            copy.scale,
                            copy.zero,
                            copy.stored_zero,
                            copy.low,
                            copy.high,
                            layer.offset - static_cast<float>(copy.zero),
                            static_cast<float>(layer.low - copy.zero),
                            static_cast<float>(layer.high - copy.zero),
                            static_cast<float>(std::ldexp(copy.scale.multiplier, -copy.scale.shift)),
                            static_cast<float>(copy.stored_zero) + 0.5F};
}

}  // namespace flashcell::host::inference
