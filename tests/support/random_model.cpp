#include "tests/support/random_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "quant_models/packed/model_builder.hpp"

namespace flashcell::test {
namespace {

using namespace contract;
using quant::ActivationFormat;
using quant::Clamp;
using quant::LayerWeights;
using quant::ModelBuilder;
using quant::Window;

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  /// Uniform enough in [low, high].
  int between(int low, int high) {
    return low + static_cast<int>(engine_() % (static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1));
  }
  bool chance(int percent) { return between(1, 100) <= percent; }
  double real(double low, double high) { return low + (high - low) * static_cast<double>(engine_() >> 11) * 0x1p-53; }

 private:
  std::mt19937_64 engine_;
};

class Generator {
 public:
  Generator(uint64_t seed, const RandomModelOptions& options)
      : random_(seed), options_(options), builder_("random " + std::to_string(seed)) {}

  quant::PackedModel make() {
    const int inputs = random_.chance(15) ? 2 : 1;
    for (int i = 0; i < inputs; ++i) {
      const int side = options_.most_side;
      const int channels = random_.chance(50) ? random_.between(1, 4) : random_.between(1, options_.most_channels);
      remember(builder_.input("input", random_.between(1, side), random_.between(1, side), channels, format()));
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

  ActivationFormat format() {
    ActivationFormat format;
    format.type = random_.chance(60) ? ActivationType::unsigned8 : ActivationType::signed8;
    format.bits = random_.chance(20) ? 4 : 8;
    format.scale = static_cast<float>(random_.real(0.001, 1));
    if (random_.chance(25)) {
      format.zero_point = random_.between(lowest(format.type, format.bits), highest(format.type, format.bits));
    }
    return format;
  }
  Clamp clamp() {
    if (random_.chance(60)) return {};
    return {random_.between(-20, 3), random_.between(5, 120)};
  }
  Requantization scale(double typical) {
    if (random_.chance(3)) return {65535, 1, 0};
    if (random_.chance(3)) return {65535, kMaxShift, 0};
    if (random_.chance(3)) return {32768, static_cast<uint8_t>(random_.between(1, kMaxShift)), 0};
    return quant::requantization_for(random_.real(20, 300) / std::max(typical, 1.0));
  }

  /// Values of one layer with weights, in the lap of the generator.
  LayerWeights weights(int channels, uint64_t each, int largest_input, bool interleaved) {
    const int bits = random_.chance(60) ? 8 : random_.chance(50) ? 4 : 2;
    const int most = (1 << (bits - 1)) - 1;
    const int style = random_.between(0, 9);
    values_.resize(static_cast<size_t>(channels) * each);
    bias_.clear();
    scales_.clear();
    for (int8_t& value : values_) {
      value = static_cast<int8_t>(style == 0   ? most
                                  : style == 1 ? -most
                                  : style == 2 ? (random_.chance(50) ? most : -most)
                                               : random_.between(-most, most));
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
      scales_.push_back(scale(typical));
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
    window.stride = any_stride ? random_.between(1, 3) : 1 << (random_.chance(60) ? 0 : random_.between(1, 2));
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

  int channels() {
    if (random_.chance(40)) return 8 * random_.between(1, std::max(1, options_.most_channels / 8));
    return random_.between(1, options_.most_channels);
  }

  void convolution(Tensor in) {
    const Window w = window(shape(in), kMaxKernelSide, false);
    const int outputs = channels();
    const auto each = static_cast<uint64_t>(w.height * w.width) * shape(in).channels;
    remember(builder_.convolution("convolution", in, outputs, w, weights(outputs, each, largest(in), false), format(),
                                  clamp()));
    read_[in] = true;
  }
  void depthwise(Tensor in) {
    const Window w = window(shape(in), kMaxKernelSide, false);
    const auto each = static_cast<uint64_t>(w.height * w.width);
    remember(builder_.depthwise("depthwise", in, w, weights(shape(in).channels, each, largest(in), true), format(),
                                clamp()));
    read_[in] = true;
  }
  void fully_connected(Tensor in) {
    const uint64_t each = quant::bytes_of(shape(in));
    const int outputs = each * static_cast<uint64_t>(options_.most_channels) > 100000 ? 3 : channels();
    remember(builder_.fully_connected("fully connected", in, outputs, weights(outputs, each, largest(in), false),
                                      format(), clamp()));
    read_[in] = true;
  }
  void pool(Tensor in, bool maximum) {
    const Window w = window(shape(in), 5, true);
    const double typical = std::max(1.0, w.height * w.width * 0.5);
    remember(maximum ? builder_.max_pool("max pool", in, w)
                     : builder_.average_pool("average pool", in, w, scale(typical * 255), format(), clamp()));
    read_[in] = true;
  }
  void global_average_pool(Tensor in) {
    const double typical = shape(in).height * shape(in).width * 64.0;
    remember(builder_.global_average_pool("global average pool", in, scale(typical), format(), clamp()));
    read_[in] = true;
  }
  void upsample(Tensor in) {
    if (shape(in).height > 12 || shape(in).width > 12) return;
    remember(builder_.upsample("upsample", in, random_.between(1, 3)));
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
    for (Requantization& each : scales) {
      each = random_.chance(20) ? quant::requantization_for(std::ldexp(1.0, fraction_bits))
                                : quant::requantization_for(random_.real(0.05, 1.9) * std::ldexp(1.0, fraction_bits));
      if (random_.chance(5)) each = {32768, kMaxShift, 0};
    }
    remember(builder_.add("add", inputs, scales, fraction_bits, format(), clamp()));
    read_[inputs[0]] = read_[inputs[1]] = true;
  }
  void concat(Tensor in) {
    const std::vector<Tensor> possible = partners(in, false);
    std::vector<Tensor> inputs = {in};
    std::vector<Requantization> scales;
    const int count = random_.between(2, kMaxLayerInputs);
    while (static_cast<int>(inputs.size()) < count) inputs.push_back(one_of(possible));
    int channels = 0;
    for (const Tensor each : inputs) channels += shape(each).channels;
    if (channels > 3 * options_.most_channels) return;
    for (size_t i = 0; i < inputs.size(); ++i) {
      scales.push_back(random_.chance(50) ? quant::requantization_for(1) : scale(random_.real(20, 300)));
      read_[inputs[i]] = true;
    }
    remember(builder_.concat("concat", inputs, scales, format(), clamp()));
  }

  void append() {
    // Mostly the newest tensor: deep models.
    const Tensor in = random_.chance(70) ? tensors_.back() : one_of(tensors_);
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

  Random random_;
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
      for (uint32_t i = 0; i < quant::bytes_of(tensor); ++i) {
        const int value = style == 0   ? low
                          : style == 1 ? high
                          : style == 2 ? (random.chance(50) ? low : high)
                                       : random.between(low, high);
        bytes.push_back(static_cast<uint8_t>(value));
      }
    }
  }
  return bytes;
}

}  // namespace flashcell::test
