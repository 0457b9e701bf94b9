#include "host/inference/engine/engine.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "host/inference/check_buffers.hpp"
#include "host/inference/engine/kernels.hpp"
#include "host/inference/engine/maps.hpp"
#include "host/inference/engine/prepack.hpp"
#include "quant_models/packed/validate.hpp"

namespace flashcell::host {

using namespace inference;
using namespace contract;

namespace {

const Kernels& kernels_for(Target target) {
  const std::vector<Target> supported = supported_targets();
  if (std::find(supported.begin(), supported.end(), target) == supported.end()) {
    throw Error(Fault::usage, std::string("this machine has no ") + name_of(target) + "; the best it has is " +
                                  name_of(supported.back()));
  }
#if defined(__x86_64__)
  if (target == Target::avx2) return avx2_kernels();
  if (target == Target::avx512_vnni) return avx512_vnni_kernels();
#endif
  return scalar_kernels();
}

/// A layer, ready to run.
struct Step {
  LayerKind kind = {};
  int input_count = 0;
  Map in[kMaxLayerInputs] = {}, out = {};
  PackedLayer weighted;
  PoolLayer pool = {};
  AddLayer add = {};
  CopyLayer copies[kMaxLayerInputs] = {};
  int factor = 1;
  bool reads_input = false;  ///< one of the model's inputs
};

/// R is the identity for every 8-bit value.
bool is_identity(Requantization scale) {
  return scale.multiplier == kMinMultiplier && scale.shift == 15;
}

void describe_pool(const quant::PackedModel& model, const LayerDescriptor& layer, PoolLayer& pool) {
  const TensorDescriptor& in = model.tensors[layer.inputs[0]];
  const TensorDescriptor& out = model.tensors[layer.output];
  const int offset = stored_offset(out);
  pool = {layer.kernel_height,     layer.kernel_width,       layer.stride,
          layer.pad_top,           layer.pad_left,           layer.input_scale[0],
          out.zero_point + offset, layer.clamp_low + offset, layer.clamp_high + offset};
  if (layer.kind == LayerKind::global_average_pool) {
    pool.kernel_height = in.height;
    pool.kernel_width = in.width;
  }
}

void describe_joined(const quant::PackedModel& model, const LayerDescriptor& layer, Step& step) {
  const TensorDescriptor& out = model.tensors[layer.output];
  const int offset = stored_offset(out), zero = out.zero_point + offset;
  const int low = layer.clamp_low + offset, high = layer.clamp_high + offset;
  step.add = {{layer.input_scale[0], layer.input_scale[1]}, {0, 0}, layer.fraction_bits, zero, low, high};
  int first_channel = 0;
  for (int i = 0; i < layer.input_count; ++i) {
    const TensorDescriptor& in = model.tensors[layer.inputs[i]];
    const int in_zero = in.zero_point + stored_offset(in);
    if (i < 2) step.add.zero[i] = in_zero;
    const bool identity = is_identity(layer.input_scale[i]) && in_zero == zero &&
                          layer.clamp_low <= lowest(out.type, out.bits) &&
                          layer.clamp_high >= highest(out.type, out.bits) && in.type == out.type && in.bits <= out.bits;
    step.copies[i] = {layer.input_scale[i], identity, in_zero, zero, low, high, first_channel};
    first_channel += in.channels;
  }
}

/// Whether a layer can read the model's input where the caller has it: without a border, and without reaching beyond
/// its last value.
bool can_read_in_place(const quant::PackedModel& model, const LayerDescriptor& layer, const Step& step) {
  const TensorDescriptor& in = model.tensors[layer.inputs[0]];
  return (layer.kind == LayerKind::convolution || layer.kind == LayerKind::fully_connected) && !step.in[0].bordered &&
         in.type == ActivationType::unsigned8 && step.weighted.layer.row_values % 4 == 0;
}

}  // namespace

class Engine::Impl {
 public:
  Impl(const quant::PackedModel& model, Target target)
      : target_(target),
        kernels_(kernels_for(target)),
        model_((quant::validate(model, model.name), model)),
        memory_(model) {
    for (const LayerDescriptor& layer : model.layers) {
      Step step;
      step.kind = layer.kind;
      step.input_count = layer.input_count;
      step.factor = layer.stride;
      for (int i = 0; i < layer.input_count; ++i) step.in[i] = memory_.maps()[layer.inputs[i]];
      step.out = memory_.maps()[layer.output];
      if (has_weights(layer.kind)) step.weighted = prepack(model, layer, kernels_);
      describe_pool(model, layer, step.pool);
      if (layer.kind == LayerKind::add || layer.kind == LayerKind::concat) describe_joined(model, layer, step);
      steps_.push_back(std::move(step));
    }
    find_readers_in_place(model);
    if (kernels_.wide && target != Target::scalar) scratch_.resize(memory_.largest_map() + 64);
    // Only the shapes are needed from here on.
    model_.weights = {};
    model_.channels = {};
    input_bytes_ = quant::bytes_of_role(model, kInputTensor);
    output_bytes_ = quant::bytes_of_role(model, kOutputTensor);
  }

  void run(std::span<const uint8_t> inputs, size_t items, std::span<uint8_t> outputs) {
    check_buffers(model_, inputs.size(), items, outputs.size());
    for (size_t done = 0; done < items;) {
      const size_t count = std::min(items - done, memory_.items());
      const std::span<const uint8_t> input = inputs.subspan(done * input_bytes_);
      if (!in_place_) memory_.load(model_, input, count);
      for (const Step& step : steps_) run_step(step, static_cast<int>(count), in_place_ ? input.data() : nullptr);
      memory_.store(model_, outputs.subspan(done * output_bytes_), count);
      done += count;
    }
  }

  void run_layer(size_t layer, size_t items) {
    if (layer >= steps_.size() || items > memory_.items())
      throw Error(Fault::usage, "no such layer, or too many items");
    run_step(steps_[layer], static_cast<int>(items), nullptr);
  }

  size_t input_bytes() const { return input_bytes_; }
  size_t output_bytes() const { return output_bytes_; }
  size_t items_at_once() const { return memory_.items(); }
  Target target() const { return target_; }

 private:
  /// All readers of the only input, or none. Kernels that widen their input copy it anyway.
  void find_readers_in_place(const quant::PackedModel& model) {
    int inputs = 0;
    bool all = !kernels_.wide;
    for (const TensorDescriptor& tensor : model.tensors) {
      if ((tensor.role & kInputTensor) == 0) continue;
      ++inputs;
      all = all && tensor.role == kInputTensor;  // one that is an output too is stored from our memory
    }
    for (size_t i = 0; i < steps_.size(); ++i) {
      const LayerDescriptor& layer = model.layers[i];
      for (int k = 0; k < layer.input_count; ++k) {
        if ((model.tensors[layer.inputs[k]].role & kInputTensor) == 0) continue;
        steps_[i].reads_input = true;
        all = all && can_read_in_place(model, layer, steps_[i]);
      }
    }
    in_place_ = all && inputs == 1;
  }

  /// `input`: the model's where the caller has it; null where it lies in our memory.
  void run_step(const Step& step, int items, const uint8_t* input) {
    switch (step.kind) {
      case LayerKind::convolution:
      case LayerKind::fully_connected: {
        Map in = step.in[0];
        if (step.reads_input && input != nullptr) {
          in.first = const_cast<uint8_t*>(input);  // is only read
          in.far = true;
        }
        return kernels_.convolution(step.weighted.layer, in, step.out, items, scratch_.data());
      }
      case LayerKind::depthwise:
        return kernels_.depthwise(step.weighted.layer, step.in[0], step.out, items);
      case LayerKind::max_pool:
        return kernels_.max_pool(step.pool, step.in[0], step.out, items);
      case LayerKind::average_pool:
      case LayerKind::global_average_pool:
        return kernels_.average_pool(step.pool, step.in[0], step.out, items);
      case LayerKind::add:
        return kernels_.add(step.add, step.in[0], step.in[1], step.out, items);
      case LayerKind::concat:
        for (int i = 0; i < step.input_count; ++i) kernels_.copy(step.copies[i], step.in[i], step.out, items);
        return;
      case LayerKind::upsample:
        return kernels_.upsample(step.factor, step.in[0], step.out, items);
    }
  }

  Target target_;
  const Kernels& kernels_;
  quant::PackedModel model_;
  ActivationMemory memory_;
  std::vector<Step> steps_;
  std::vector<uint16_t> scratch_;
  bool in_place_ = false;  ///< the caller's input is not copied
  size_t input_bytes_ = 0, output_bytes_ = 0;
};

Engine::Engine(const quant::PackedModel& model, Target target) : impl_(std::make_unique<Impl>(model, target)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

void Engine::run(std::span<const uint8_t> inputs, size_t items, std::span<uint8_t> outputs) {
  impl_->run(inputs, items, outputs);
}
void Engine::run_layer(size_t layer, size_t items) {
  impl_->run_layer(layer, items);
}
size_t Engine::input_bytes() const {
  return impl_->input_bytes();
}
size_t Engine::output_bytes() const {
  return impl_->output_bytes();
}
size_t Engine::items_at_once() const {
  return impl_->items_at_once();
}
Target Engine::target() const {
  return impl_->target();
}

}  // namespace flashcell::host
