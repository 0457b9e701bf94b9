#include "quant_models/packed/validate.hpp"

#include <algorithm>
#include <cmath>

#include "quant_models/model_error.hpp"
#include "quant_models/packed/layer_checks.hpp"

namespace flashcell::quant {
namespace {

using namespace contract;

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
    require(model_.inputs.size() <= kMaxInputs, "layers have at most 16384 inputs together");
    require(model_.weights.size() <= kMaxWeightBytes, "weights are larger than 256 MiB");
    require(model_.arena_bytes <= kMaxArenaBytes, "activations need more than 256 MiB");
  }

  void check_tensor(size_t index) {
    const TensorDescriptor& tensor = model_.tensors[index];
    where_ = "tensor " + std::to_string(index) + " (" + model_.tensor_names[index] + ")";
    require(tensor.height >= 1 && tensor.height <= kMaxTensorSide && tensor.width >= 1 &&
                tensor.width <= kMaxTensorSide && tensor.channels >= 1 && tensor.channels <= kMaxTensorChannels,
            "height, width and channels must be 1 to 4096");
    require(tensor.type <= ActivationType::signed16, "unknown type");
    require(tensor.bits >= 1 && tensor.bits <= kMaxValueBits &&
                tensor.type == activation_type(is_signed(tensor.type), tensor.bits),
            "activations have 1 to 8 bits in a byte or 9 to 16 in two");
    require(tensor.zero_point >= lowest(tensor) && tensor.zero_point <= highest(tensor),
            "the zero point is outside of the type's range");
    require(tensor.bits <= 8 || tensor.zero_point == 0, "activations of more than 8 bits have zero point 0");
    require(tensor.role <= (kInputTensor | kOutputTensor) && tensor.reserved == 0, "unknown role");
    const auto each = static_cast<uint64_t>(bytes_per_value(tensor.type));
    require(tensor.arena_offset % each == 0, "does not begin at a whole value");
    require(values_of(tensor) * each + tensor.arena_offset <= model_.arena_bytes, "lies outside of the arena");
    const float scale = model_.tensor_scales[index];
    require(std::isfinite(scale) && scale > 0, "the scale must be finite and above 0");
    where_.clear();
  }

  void check_layer(const LayerDescriptor& layer) const {
    try {
      check_fields(model_, layer);
      check_shapes(model_, layer);
      check_numbers(model_, layer);
    } catch (const ModelError& error) {
      fail(error.what());
    }
  }

  /// Weights and parameters belong to one layer each, in the layers' order, so that nothing hides between them.
  void check_tables_are_used() {
    uint64_t next_input = 0, next_weight = 0, next_channel = 0;
    for (size_t i = 0; i < model_.layers.size(); ++i) {
      const LayerDescriptor& layer = model_.layers[i];
      where_ = "layer " + std::to_string(i) + " (" + model_.layer_names[i] + ")";
      require(layer.first_input == next_input, "the inputs do not follow those of the layer before");
      next_input += layer.input_count;
      if (has_weights(layer.kind) || has_data(layer.kind)) {
        require(layer.weight_offset == next_weight, "the weights do not follow those of the layer before");
        next_weight += (uint64_t{layer.weight_bytes} + kWeightAlignment - 1) / kWeightAlignment * kWeightAlignment;
      }
      if (has_channels(layer.kind)) {
        require(layer.first_channel == next_channel, "the channels do not follow those of the layer before");
        next_channel += output_tensor(model_, layer).channels;
      }
    }
    where_.clear();
    require(next_input == model_.inputs.size(), "there are inputs that no layer uses");
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
      for (size_t input = 0; input < layer.input_count; ++input) {
        const size_t tensor = layer_input(model_, layer, input).tensor;
        if (written[tensor] >= i) fail(layer_name + "reads a tensor before it is written");
        read[tensor] = std::max(read[tensor], i);
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
