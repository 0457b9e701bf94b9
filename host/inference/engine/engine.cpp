#include "host/inference/engine/engine.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "host/inference/check_buffers.hpp"
#include "host/inference/engine/kernels.hpp"
#include "host/inference/engine/maps.hpp"
#include "host/inference/engine/step.hpp"
#include "host/inference/reference/reference.hpp"
#include "quant_models/packed/validate.hpp"

namespace flashcell::host {

using namespace inference;
using namespace contract;

namespace {

KernelSet kernels_for(Target target) {
  const std::vector<Target> supported = supported_targets();
  if (std::find(supported.begin(), supported.end(), target) == supported.end()) {
    throw Error(Fault::usage, std::string("this machine has no ") + name_of(target) + "; the best it has is " +
                                  name_of(supported.back()));
  }
#if defined(__x86_64__)
  if (target == Target::avx2) return {avx2_kernels(), plain_row_kernels()};
  if (target == Target::avx512_vnni) return {avx512_vnni_kernels(), avx512_row_kernels()};
#endif
  return {scalar_kernels(), plain_row_kernels()};
}

/// Whether a layer can read the model's input where the caller has it: without a border, and without reaching beyond
/// its last value.
bool can_read_in_place(const quant::PackedModel& model, const LayerDescriptor& layer, const Step& step) {
  const TensorDescriptor& in = quant::input_tensor(model, layer);
  return step.fast && !step.work &&
         (layer.kind == LayerKind::convolution || layer.kind == LayerKind::fully_connected) && !step.in[0].bordered &&
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
      steps_.push_back(make_step(model, layer, kernels_, memory_.maps()));
      if (layer.kind == LayerKind::constant) set_constant(layer);
    }
    find_readers_in_place(model);
    write_into_concatenations(model, steps_);
    if (memory_.items() == 1) strip_memory_.resize(find_chains(model, steps_));
    if (kernels_.layers.wide && target != Target::scalar) scratch_.resize(memory_.largest_map() + 64);
    if (std::all_of(steps_.begin(), steps_.end(),
                    [](const Step& step) { return step.fast || step.kind == LayerKind::constant; })) {
      // Only the shapes are needed from here on.
      model_.weights = {};
      model_.channels = {};
    } else {
      plain_.resize(model.arena_bytes);
    }
    input_bytes_ = quant::bytes_of_role(model, kInputTensor);
    output_bytes_ = quant::bytes_of_role(model, kOutputTensor);
  }

  void run(std::span<const uint8_t> inputs, size_t items, std::span<uint8_t> outputs) {
    check_buffers(model_, inputs.size(), items, outputs.size());
    for (size_t done = 0; done < items;) {
      const size_t count = std::min(items - done, memory_.items());
      const std::span<const uint8_t> input = inputs.subspan(done * input_bytes_);
      if (!in_place_) memory_.load(model_, input, count);
      for (size_t i = 0; i < steps_.size(); i += std::max<size_t>(1, steps_[i].chain))
        run_steps(i, static_cast<int>(count), in_place_ ? input.data() : nullptr);
      memory_.store(model_, outputs.subspan(done * output_bytes_), count);
      done += count;
    }
  }

  void run_layer(size_t layer, size_t items) {
    if (layer >= steps_.size() || items > memory_.items())
      throw Error(Fault::usage, "no such layer, or too many items");
    run_step(layer, static_cast<int>(items), nullptr);
  }

  size_t input_bytes() const { return input_bytes_; }
  size_t output_bytes() const { return output_bytes_; }
  size_t items_at_once() const { return memory_.items(); }
  Target target() const { return target_; }

 private:
  void set_constant(const LayerDescriptor& layer) {
    for (size_t item = 0; item < memory_.items(); ++item)
      memory_.load(quant::output_tensor(model_, layer), layer.output, item,
                   model_.weights.data() + layer.weight_offset);
  }

  /// All readers of the only input, or none. Kernels that widen their input copy it anyway.
  void find_readers_in_place(const quant::PackedModel& model) {
    int inputs = 0;
    bool all = !kernels_.layers.wide;
    for (const TensorDescriptor& tensor : model.tensors) {
      if ((tensor.role & kInputTensor) == 0) continue;
      ++inputs;
      all = all && tensor.role == kInputTensor;  // one that is an output too is stored from our memory
    }
    for (size_t i = 0; i < steps_.size(); ++i) {
      const LayerDescriptor& layer = model.layers[i];
      for (size_t k = 0; k < layer.input_count; ++k) {
        if ((quant::input_tensor(model, layer, k).role & kInputTensor) == 0) continue;
        steps_[i].reads_input = true;
        all = all && can_read_in_place(model, layer, steps_[i]);
      }
    }
    in_place_ = all && inputs == 1;
  }

  /// What a step reads. `input`: the model's where the caller has it; null where it lies in our memory.
  static Map input_of(const Step& step, const uint8_t* input) {
    Map in = step.in[0];
    if (step.reads_input && input != nullptr) {
      in.first = const_cast<uint8_t*>(input);  // is only read
      in.far = true;
    }
    return in;
  }

  /// A step, or the chain that begins with it.
  void run_steps(size_t index, int items, const uint8_t* input) {
    const Step& step = steps_[index];
    if (step.chain == 0) return run_step(index, items, input);
    step.strips->run(kernels_.layers, input_of(step, input), strip_memory_.data(), scratch_.data());
  }

  void run_step(size_t index, int items, const uint8_t* input) {
    const Step& step = steps_[index];
    if (step.kind == LayerKind::constant) return;
    if (!step.fast) return run_plain(model_.layers[index], static_cast<size_t>(items));
    if (step.work) return step.work(items, scratch_.data());
    run_kernel(step, items, input);
  }

  void run_kernel(const Step& step, int items, const uint8_t* input) {
    const Kernels& kernels = kernels_.layers;
    switch (step.kind) {
      case LayerKind::convolution:
      case LayerKind::fully_connected:
        return kernels.convolution(step.weighted.layer, input_of(step, input), step.out, items, scratch_.data());
      case LayerKind::depthwise:
        return kernels.depthwise(step.weighted.layer, step.in[0], step.out, items);
      case LayerKind::max_pool:
        return kernels.max_pool(step.pool, step.in[0], step.out, items);
      case LayerKind::average_pool:
      case LayerKind::global_average_pool:
        return kernels.average_pool(step.pool, step.in[0], step.out, items);
      case LayerKind::add:
        return kernels.add(step.add, step.in[0], step.in[1], step.out, items);
      case LayerKind::concat:
        for (size_t i = 0; i < step.in.size(); ++i) {
          if (!step.copied[i]) kernels.copy(step.copies[i], step.in[i], step.out, items);
        }
        return;
      case LayerKind::upsample:
        return kernels.upsample(step.factor, step.in[0], step.out, items);
      default:
        return;  // has work of its own
    }
  }

  /// The reference's function, on copies of the layer's inputs.
  void run_plain(const LayerDescriptor& layer, size_t items) {
    for (size_t item = 0; item < items; ++item) {
      for (size_t i = 0; i < layer.input_count; ++i) {
        const size_t tensor = quant::layer_input(model_, layer, i).tensor;
        memory_.store(model_.tensors[tensor], tensor, item, plain_.data() + model_.tensors[tensor].arena_offset);
      }
      run_reference_layer(model_, layer, plain_);
      memory_.load(quant::output_tensor(model_, layer), layer.output, item,
                   plain_.data() + quant::output_tensor(model_, layer).arena_offset);
    }
  }

  Target target_;
  KernelSet kernels_;
  quant::PackedModel model_;
  ActivationMemory memory_;
  std::vector<Step> steps_;
  std::vector<uint16_t> scratch_;
  AlignedVector<uint8_t> strip_memory_;  ///< of all chains
  std::vector<uint8_t> plain_;           ///< an arena for layers that the reference computes
  bool in_place_ = false;                ///< the caller's input is not copied
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
