#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "quant_models/packed/packed_model.hpp"

namespace flashcell::quant {

/// (multiplier, shift) nearest to a real factor, 2^-32 to 2^15 - 1/2.
/// Throws std::invalid_argument when the factor is outside, or not a number.
contract::Requantization requantization_for(double factor);

/// The same with a multiplier of `bits` bits and a sign, 16 to 31, which fewer where the shift runs out: factors from
/// 2^-62 to 2^30, of either sign. Throws std::invalid_argument when the factor is outside, or 0, or not a number.
contract::Requantization dyadic_for(double factor, int bits = 31);

/// Quantization of an activation: real = scale * (q - zero_point).
struct ActivationFormat {
  contract::ActivationType type = contract::ActivationType::unsigned8;
  int bits = 8;  ///< 1 to 8, or 9 to 16 with a type of 16 bits
  float scale = 1;
  int zero_point = 0;
};

/// Where a layer's output is cut off; the format's whole range where none is given.
struct Clamp {
  int low = INT32_MIN, high = INT32_MAX;
};

struct Window {
  int height = 3, width = 3;
  int stride_rows = 1, stride_columns = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int dilation_rows = 1, dilation_columns = 1;

  static Window square(int side, int stride = 1, int padding = 0) {
    return {side, side, stride, stride, padding, padding, padding, padding};
  }
  bool operator==(const Window&) const = default;
};

/// Slices and pads of an image: channel i of the output is channel channels[i] of the input, 0 throughout where that is
/// below 0; pixels are those at place (row, column) of a window that walks over the input, real zeros around it.
struct Selection {
  std::vector<int> channels;
  Window window = Window::square(1);
  int row = 0, column = 0;
};

/// Weights of one layer, one value a byte, in LayerDescriptor's order; bias and requantization of every output channel.
struct LayerWeights {
  std::span<const int8_t> values;
  int bits = 8;  ///< 1 to 8 or contract::kTernaryBits; values to +-contract::largest_weight()
  std::span<const int32_t> bias;
  std::span<const contract::Requantization> scales;
};

/// Height, width and channels of a tensor.
struct Extents {
  int height = 1, width = 1, channels = 1;
};

/// Matrix products among tensors' values (contract/qcnn.hpp): `outer` times `inner` of them, each of `rows` by `depth`
/// with `depth` by `columns`.
struct ProductPlaces {
  int outer = 1, inner = 1, rows = 1, columns = 1, depth = 1;
  contract::Strides first, second, output;
};

/// Where a move reads and writes.
struct MovePlaces {
  int outer = 1, inner = 1, rows = 1, columns = 1;
  contract::Strides input, output;
};

/// Makes a PackedModel layer by layer. Shapes of outputs follow from the inputs'; packs weights; finds each tensor a
/// place in the arena.
///
///   ModelBuilder builder("classifier");
///   auto x = builder.input("image", 28, 28, 1, {ActivationType::unsigned8, 8, 1 / 255.f});
///   x = builder.convolution("conv1", x, 16, Window::square(3, 2, 1), weights, format);
///   ...
///   builder.output(x);
///   PackedModel model = builder.build();
///
/// Arguments that no format can hold (a negative padding, weights of the wrong number) throw std::invalid_argument;
/// build() throws ModelError for a model that validate() refuses.
class ModelBuilder {
 public:
  using Tensor = uint16_t;  ///< index of a tensor

  explicit ModelBuilder(std::string name);

  Tensor input(const std::string& name, int height, int width, int channels, const ActivationFormat& format);

  Tensor convolution(const std::string& name, Tensor input, int channels, const Window& window,
                     const LayerWeights& weights, const ActivationFormat& format, const Clamp& clamp = {});
  Tensor depthwise(const std::string& name, Tensor input, const Window& window, const LayerWeights& weights,
                   const ActivationFormat& format, const Clamp& clamp = {});
  Tensor fully_connected(const std::string& name, Tensor input, int outputs, const LayerWeights& weights,
                         const ActivationFormat& format, const Clamp& clamp = {});
  /// `height` and `width` of the output: what the windows need, and up to a stride more.
  Tensor transposed_convolution(const std::string& name, Tensor input, const Extents& output, const Window& window,
                                const LayerWeights& weights, const ActivationFormat& format, const Clamp& clamp = {});
  Tensor max_pool(const std::string& name, Tensor input, const Window& window);
  /// `scale` is R of contract/qcnn.hpp: scale of the input / scale of the output / pixels of the window.
  Tensor average_pool(const std::string& name, Tensor input, const Window& window, contract::Requantization scale,
                      const ActivationFormat& format, const Clamp& clamp = {});
  Tensor global_average_pool(const std::string& name, Tensor input, contract::Requantization scale,
                             const ActivationFormat& format, const Clamp& clamp = {});
  /// `scale`: scale of the input / scale of the output / channels.
  Tensor channel_mean(const std::string& name, Tensor input, contract::Requantization scale,
                      const ActivationFormat& format, const Clamp& clamp = {});
  /// scales[i] is R_i of contract/qcnn.hpp: scale of input i / scale of the output * 2^fraction_bits.
  Tensor add(const std::string& name, std::span<const Tensor> inputs, std::span<const contract::Requantization> scales,
             int fraction_bits, const ActivationFormat& format, const Clamp& clamp = {});
  Tensor concat(const std::string& name, std::span<const Tensor> inputs,
                std::span<const contract::Requantization> scales, const ActivationFormat& format,
                const Clamp& clamp = {}, contract::Axis axis = contract::Axis::channels);
  /// `scale`: scales of the inputs / scale of the output.
  Tensor multiply(const std::string& name, Tensor first, Tensor second, contract::Requantization scale,
                  const ActivationFormat& format, const Clamp& clamp = {});
  Tensor product(const std::string& name, Tensor first, Tensor second, const ProductPlaces& places,
                 const Extents& output, contract::Requantization scale, const ActivationFormat& format,
                 const Clamp& clamp = {});
  /// `scale`: scale of the input / scale of the output / (4 rows * columns).
  Tensor linear_upsample(const std::string& name, Tensor input, int rows, int columns, contract::Requantization scale,
                         const ActivationFormat& format, const Clamp& clamp = {});
  /// One of `parameters` for each channel; rows are multiplied by 2^fraction_bits first.
  Tensor layer_norm(const std::string& name, Tensor input, std::span<const contract::ChannelParameters> parameters,
                    int fraction_bits, const ActivationFormat& format, const Clamp& clamp = {});
  /// `unit`: floor(-1 / scale of the input); the output's scale is 2^-fraction_bits.
  Tensor softmax(const std::string& name, Tensor input, int unit, int fraction_bits, const ActivationFormat& format);
  /// `unit`: floor(-1 / (1.702 * scale of the input)); `scale`: scale of the input / 2^7 / scale of the output.
  Tensor gelu(const std::string& name, Tensor input, int unit, contract::Requantization scale,
              const ActivationFormat& format, const Clamp& clamp = {});
  /// One entry for every value of the input from its lowest on, or so many for each channel, one channel after another.
  Tensor table(const std::string& name, Tensor input, std::span<const int32_t> entries, const ActivationFormat& format);
  Tensor move(const std::string& name, Tensor input, const MovePlaces& places, const Extents& output);
  /// Run i of the output, `run` values, is run runs[i] of the input; its zero point where that is below 0.
  Tensor gather(const std::string& name, Tensor input, std::span<const int32_t> runs, int run, const Extents& output);
  /// Rows and columns of `value` (an integer of the input's) around the image.
  Tensor pad(const std::string& name, Tensor input, int top, int left, int bottom, int right, int value);
  Tensor constant(const std::string& name, const Extents& extents, std::span<const int32_t> values,
                  const ActivationFormat& format);
  Tensor upsample(const std::string& name, Tensor input, int rows, int columns);
  /// Chosen channels and pixels, unchanged: split, slice, shuffle, pad. It is a max pool of single pixels where
  /// channels stay and nothing is added, else a convolution with ones and zeros (depthwise where channels stay).
  Tensor select(const std::string& name, Tensor input, const Selection& selection);
  /// Whether select() takes it for an input of so many channels: strides of convolutions are 1 to 4.
  static bool can_select(const Selection& selection, int input_channels);

  /// Marks a tensor as one of the model's outputs, under another name than its layer's where one is given.
  void output(Tensor tensor, const std::string& name = "");

  const contract::TensorDescriptor& tensor(Tensor index) const { return model_.tensors.at(index); }
  void set_class_names(std::vector<std::string> names) { model_.class_names = std::move(names); }
  void set_preprocessing(const Preprocessing& preprocessing) { model_.preprocessing = preprocessing; }

  /// The finished model, valid. Call once.
  PackedModel build();

 private:
  Tensor add_tensor(const std::string& name, const Extents& extents, const ActivationFormat& format, uint8_t role);
  /// A layer whose inputs have these multipliers; none: zeros.
  Tensor append(const std::string& name, contract::LayerDescriptor layer, std::span<const Tensor> inputs,
                std::span<const contract::Requantization> scales, const Extents& output, const ActivationFormat& format,
                const Clamp& clamp = {});
  Tensor append_window(const std::string& name, contract::LayerDescriptor layer, Tensor input,
                       std::span<const contract::Requantization> scales, const Window& window, int channels,
                       const ActivationFormat& format, const Clamp& clamp);
  void append_weights(const std::string& name, contract::LayerDescriptor& layer, const LayerWeights& weights,
                      uint64_t count, int channels);
  /// Bytes that are a layer's weights.
  void append_data(contract::LayerDescriptor& layer, std::span<const uint8_t> bytes);
  /// Numbers as a tensor of this format holds them.
  void append_values(const std::string& name, contract::LayerDescriptor& layer, std::span<const int32_t> values,
                     const ActivationFormat& format);
  ActivationFormat format_of(Tensor tensor) const;

  PackedModel model_;
};

/// Gives every tensor its arena_offset, largest tensors first, each at the lowest address where it meets no other
/// tensor that is needed at the same time; sets arena_bytes. Layers and tensors' shapes must be there.
void plan_arena(PackedModel& model);

}  // namespace flashcell::quant
