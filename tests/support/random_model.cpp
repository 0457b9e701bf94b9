#include "tests/support/random_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "quant_models/packed/model_builder.hpp"
#include "tests/support/random_draws.hpp"
#include "tests/support/random_layers.hpp"

namespace flashcell::test {
namespace {

using namespace contract;
using quant::LayerWeights;
using quant::ModelBuilder;
using quant::Window;

class Generator {
 public:
  Generator(uint64_t seed, const RandomModelOptions& options)
      : random_(seed, options.first_kinds), options_(options), builder_("random " + std::to_string(seed)) {}

  quant::PackedModel make() {
    const int inputs = random_.chance(15) ? 2 : 1;
    for (int i = 0; i < inputs; ++i) {
      const int side = options_.most_side;
      const int channels = random_.chance(50) ? random_.between(1, 4) : random_.between(1, options_.most_channels);
      remember(builder_.input("input", random_.between(1, side), random_.between(1, side), channels, random_.format()));
    }
    const int layers = random_.between(1, options_.most_layers);
    for (int i = 0; i < layers; ++i) append();
    // Every input must be used, and what nobody reads is an output.
    for (int i = 0; i < inputs; ++i) {
      if (!read_[static_cast<size_t>(i)]) convolution(static_cast<Tensor>(i));
    }
    for (size_t i = 0; i < tensors_.size(); ++i) {
      const bool input = static_cast<int>(i) < inputs;
      if (!input && (!read_[i] || random_.chance(5))) builder_.output(tensors_[i]);
    }
    return builder_.build();
  }

 private:
  using Tensor = ModelBuilder::Tensor;

  void remember(Tensor tensor) {
    tensors_.push_back(tensor);
    read_.push_back(false);
  }
  const TensorDescriptor& shape(Tensor tensor) { return builder_.tensor(tensor); }

  int weight_bits() {
    if (options_.first_kinds || random_.chance(50)) return random_.chance(60) ? 8 : random_.chance(50) ? 4 : 2;
    return random_.chance(30) ? kTernaryBits : random_.between(1, 8);
  }

  /// Values of one layer with weights, in the lap of the generator.
  LayerWeights weights(int channels, uint64_t each, int largest_input, bool interleaved) {
    int bits = weight_bits();
    const int64_t room_for_each = INT32_MAX / (static_cast<int64_t>(each) * largest_input);
    if (room_for_each == 0) bits = 8;  // which have a 0
    const int most = static_cast<int>(std::min<int64_t>(largest_weight(bits), room_for_each));
    const int style = random_.between(0, 9);
    values_.resize(static_cast<size_t>(channels) * each);
    bias_.clear();
    scales_.clear();
    for (int8_t& value : values_) {
      value = static_cast<int8_t>(style == 0   ? most
                                  : style == 1 ? -most
                                  : style == 2 ? (random_.chance(50) ? most : -most)
                                               : random_.between(-most, most));
      if (bits == 1 && value == 0) value = 1;
    }
    for (int channel = 0; channel < channels; ++channel) {
      int64_t sum = 0;
      for (uint64_t i = 0; i < each; ++i) {
        const auto c = static_cast<uint64_t>(channel);
        sum += std::abs(values_[interleaved ? i * static_cast<uint64_t>(channels) + c : c * each + i]);
      }
      const int64_t room = INT32_MAX - sum * largest_input;
      const double typical = std::sqrt(static_cast<double>(each)) * most * largest_input / 2;
      int64_t bias = random_.between(-1000, 1000);
      if (random_.chance(10)) bias = static_cast<int64_t>(random_.real(-typical, typical));
      if (random_.chance(3)) bias = random_.chance(50) ? room : -room;
      bias_.push_back(static_cast<int32_t>(std::clamp(bias, -room, room)));
      scales_.push_back(random_.scale(typical));
    }
    return {values_, bits, bias_, scales_};
  }
  int largest(Tensor tensor) {
    const TensorDescriptor& in = shape(tensor);
    return std::max(-lowest(in.type, in.bits), highest(in.type, in.bits));
  }

  Window window(const TensorDescriptor& in, int most_side, bool any_stride) {
    Window window;
    window.height = random_.chance(30) ? 1 : random_.between(1, most_side);
    window.width = random_.chance(50) ? window.height : random_.between(1, most_side);
    const int stride = any_stride ? random_.between(1, 3) : 1 << (random_.chance(60) ? 0 : random_.between(1, 2));
    window.stride_rows = window.stride_columns = stride;
    if (!options_.first_kinds && random_.chance(15)) window.stride_rows = random_.between(1, kMaxStride);
    if (random_.chance(70)) {
      window.pad_top = random_.between(0, window.height - 1);
      window.pad_bottom = random_.between(0, window.height - 1);
      window.pad_left = random_.between(0, window.width - 1);
      window.pad_right = random_.between(0, window.width - 1);
    }
    window.height = std::min(window.height, in.height + window.pad_top + window.pad_bottom);
    window.width = std::min(window.width, in.width + window.pad_left + window.pad_right);
    window.pad_top = std::min(window.pad_top, window.height - 1);
    window.pad_bottom = std::min(window.pad_bottom, window.height - 1);
    window.pad_left = std::min(window.pad_left, window.width - 1);
    window.pad_right = std::min(window.pad_right, window.width - 1);
    window.height = std::min(window.height, in.height + window.pad_top + window.pad_bottom);
    window.width = std::min(window.width, in.width + window.pad_left + window.pad_right);
    if (window.height <= std::max(window.pad_top, window.pad_bottom) ||
        window.width <= std::max(window.pad_left, window.pad_right)) {
      window = Window::square(1);
    }
    return window;
  }

  int most_kernel_side() { return options_.first_kinds || random_.chance(80) ? 7 : kMaxKernelSide; }
  /// Taps further apart, where the image has room.
  Window dilated(const TensorDescriptor& in, Window window) {
    if (options_.first_kinds || random_.chance(80)) return window;
    const int rows = in.height + window.pad_top + window.pad_bottom,
              columns = in.width + window.pad_left + window.pad_right;
    const auto most = [](int room, int taps) {
      return taps == 1 ? kMaxDilation : std::min((room - 1) / (taps - 1), kMaxDilation);
    };
    window.dilation_rows = random_.between(1, most(rows, window.height));
    window.dilation_columns = random_.between(1, most(columns, window.width));
    return window;
  }

  int channels() {
    if (random_.chance(40)) return 8 * random_.between(1, std::max(1, options_.most_channels / 8));
    return random_.between(1, options_.most_channels);
  }

  void convolution(Tensor in) {
    const Window w = dilated(shape(in), window(shape(in), most_kernel_side(), false));
    const int outputs = channels();
    const auto each = static_cast<uint64_t>(w.height * w.width) * shape(in).channels;
    remember(builder_.convolution("convolution", in, outputs, w, weights(outputs, each, largest(in), false),
                                  random_.format(), random_.clamp()));
    read_[in] = true;
  }
  void depthwise(Tensor in) {
    const Window w = dilated(shape(in), window(shape(in), most_kernel_side(), false));
    const auto each = static_cast<uint64_t>(w.height * w.width);
    remember(builder_.depthwise("depthwise", in, w, weights(shape(in).channels, each, largest(in), true),
                                random_.format(), random_.clamp()));
    read_[in] = true;
  }
  void fully_connected(Tensor in) {
    const uint64_t each = quant::values_of(shape(in));
    const int outputs = each * static_cast<uint64_t>(options_.most_channels) > 100000 ? 3 : channels();
    remember(builder_.fully_connected("fully connected", in, outputs, weights(outputs, each, largest(in), false),
                                      random_.format(), random_.clamp()));
    read_[in] = true;
  }
  void pool(Tensor in, bool maximum) {
    const Window w = window(shape(in), 5, true);
    const double typical = std::max(1.0, w.height * w.width * 0.5);
    remember(maximum ? builder_.max_pool("max pool", in, w)
                     : builder_.average_pool("average pool", in, w, random_.scale(typical * 255), random_.format(),
                                             random_.clamp()));
    read_[in] = true;
  }
  void global_average_pool(Tensor in) {
    const double typical = shape(in).height * shape(in).width * 64.0;
    remember(builder_.global_average_pool("global average pool", in, random_.scale(typical), random_.format(),
                                          random_.clamp()));
    read_[in] = true;
  }
  void upsample(Tensor in) {
    if (shape(in).height > 12 || shape(in).width > 12) return;
    const int rows = random_.between(1, 3);
    remember(builder_.upsample("upsample", in, rows, options_.first_kinds ? rows : random_.between(1, 3)));
    read_[in] = true;
  }

  /// Tensors that can stand beside `in`; `in` itself is one of them.
  std::vector<Tensor> partners(Tensor in, bool same_channels) {
    std::vector<Tensor> found;
    for (const Tensor other : tensors_) {
      if (shape(other).height == shape(in).height && shape(other).width == shape(in).width &&
          (!same_channels || shape(other).channels == shape(in).channels)) {
        found.push_back(other);
      }
    }
    return found;
  }
  Tensor one_of(const std::vector<Tensor>& tensors) {
    return tensors[static_cast<size_t>(random_.between(0, static_cast<int>(tensors.size()) - 1))];
  }
  void add(Tensor in) {
    const std::vector<Tensor> possible = partners(in, true);
    const Tensor inputs[2] = {in, one_of(possible)};
    const int fraction_bits = random_.between(0, 6);
    Requantization scales[2];
    const bool wide = shape(inputs[0]).bits > 8 || shape(inputs[1]).bits > 8;
    for (size_t i = 0; i < 2; ++i) {
      Requantization& each = scales[i];
      each = random_.chance(20) ? quant::requantization_for(std::ldexp(1.0, fraction_bits))
                                : quant::requantization_for(random_.real(0.05, 1.9) * std::ldexp(1.0, fraction_bits));
      if (wide && random_.chance(50)) each = quant::dyadic_for(random_.real(-1.9, 1.9), random_.between(16, 31));
      if (random_.chance(5)) each = {32768, kMaxShift, {}};
    }
    remember(builder_.add("add", inputs, scales, fraction_bits, random_.format(), random_.clamp()));
    read_[inputs[0]] = read_[inputs[1]] = true;
  }
  void concat(Tensor in) {
    const std::vector<Tensor> possible = partners(in, false);
    std::vector<Tensor> inputs = {in};
    std::vector<Requantization> scales;
    const int count = random_.between(2, !options_.first_kinds && random_.chance(10) ? 12 : 4);
    while (static_cast<int>(inputs.size()) < count) inputs.push_back(one_of(possible));
    int channels = 0;
    for (const Tensor each : inputs) channels += shape(each).channels;
    if (channels > 3 * options_.most_channels) return;
    for (size_t i = 0; i < inputs.size(); ++i) {
      scales.push_back(random_.chance(50) ? quant::requantization_for(1) : random_.scale(random_.real(20, 300)));
      read_[inputs[i]] = true;
    }
    remember(builder_.concat("concat", inputs, scales, random_.format(), random_.clamp()));
  }

  void append() {
    // Mostly the newest tensor: deep models.
    const Tensor in = random_.chance(70) ? tensors_.back() : one_of(tensors_);
    if (!options_.first_kinds && random_.chance(40)) return append_newer(in);
    switch (random_.between(0, 12)) {
      case 0:
        return fully_connected(in);
      case 1:
        return pool(in, true);
      case 2:
        return pool(in, false);
      case 3:
        return global_average_pool(in);
      case 4:
      case 5:
        return add(in);
      case 6:
        return concat(in);
      case 7:
        return upsample(in);
      case 8:
      case 9:
        return depthwise(in);
      default:
        return convolution(in);
    }
  }

  /// A layer of a kind that the second version of the contract brought.
  void append_newer(Tensor in) {
    if (random_.chance(10)) return transposed_convolution(in);
    const Tensor second = one_of(tensors_);
    for (const NewLayer& made : random_newer_layers(random_, builder_, in, second)) {
      remember(made.tensor);
      for (const Tensor read : made.reads)
        if (read < read_.size()) read_[read] = true;
    }
  }

  void transposed_convolution(Tensor in) {
    if (shape(in).height > 12 || shape(in).width > 12) return;
    Window w;
    w.height = random_.between(1, 4), w.width = random_.between(1, 4);
    w.stride_rows = random_.between(1, 3), w.stride_columns = random_.between(1, 3);
    w.dilation_rows = random_.between(1, 2), w.dilation_columns = random_.between(1, 2);
    const int tall = w.dilation_rows * (w.height - 1) + 1, wide = w.dilation_columns * (w.width - 1) + 1;
    w.pad_top = random_.between(0, tall - 1), w.pad_bottom = random_.between(0, tall - 1);
    w.pad_left = random_.between(0, wide - 1), w.pad_right = random_.between(0, wide - 1);
    const int height = (shape(in).height - 1) * w.stride_rows + tall - w.pad_top - w.pad_bottom,
              width = (shape(in).width - 1) * w.stride_columns + wide - w.pad_left - w.pad_right;
    const int outputs = channels();
    const quant::Extents output = {height + random_.between(0, std::max(w.stride_rows, w.dilation_rows) - 1),
                                   width + random_.between(0, std::max(w.stride_columns, w.dilation_columns) - 1),
                                   outputs};
    if (output.height < 1 || output.width < 1) return;
    const auto each = static_cast<uint64_t>(w.height * w.width) * shape(in).channels;
    remember(builder_.transposed_convolution("transposed convolution", in, output, w,
                                             weights(outputs, each, largest(in), false), random_.format(),
                                             random_.clamp()));
    read_[in] = true;
  }

  LayerDraws random_;
  RandomModelOptions options_;
  ModelBuilder builder_;
  std::vector<Tensor> tensors_;
  std::vector<bool> read_;
  std::vector<int8_t> values_;
  std::vector<int32_t> bias_;
  std::vector<Requantization> scales_;
};

}  // namespace

quant::PackedModel random_model(uint64_t seed, const RandomModelOptions& options) {
  return Generator(seed, options).make();
}

std::vector<uint8_t> random_inputs(const quant::PackedModel& model, size_t items, uint64_t seed) {
  Random random(seed);
  std::vector<uint8_t> bytes;
  for (size_t item = 0; item < items; ++item) {
    const int style = random.between(0, 5);
    for (const TensorDescriptor& tensor : model.tensors) {
      if (!(tensor.role & kInputTensor)) continue;
      const int low = lowest(tensor.type, tensor.bits), high = highest(tensor.type, tensor.bits);
      const size_t begin = bytes.size();
      bytes.resize(begin + quant::bytes_of(tensor));
      for (uint64_t i = 0; i < quant::values_of(tensor); ++i) {
        const int value = style == 0   ? low
                          : style == 1 ? high
                          : style == 2 ? (random.chance(50) ? low : high)
                                       : random.between(low, high);
        store_value(bytes.data() + begin, i, tensor.type, value);
      }
    }
  }
  return bytes;
}

}  // namespace flashcell::test
