#pragma once
#include "kernels_hls/qcnn/copy_layer.hpp"
#include "kernels_hls/qcnn/dense_layer.hpp"
#include "kernels_hls/qcnn/window_layer.hpp"

// A whole launch: items one after the other, each layer by layer. README.md has the numbers.
namespace flashcell {
namespace kernels {

template <class S>
void load_tensors(const Word* model, const ModelImage& image, Memory<S>& memory) {
  FLASHCELL_LOOP(load_tensors, 1, 8)
  for (uint32_t i = 0; i < image.tensor_count; ++i) {
    FLASHCELL_HLS(PIPELINE II = 1)
    FLASHCELL_ITERATION(load_tensors);
    memory.tensors[i] = tensor_at(model[image.tensors + i / 4], static_cast<int>(i % 4));
  }
}

/// Whether every layer fits; the host has validated everything else.
template <class S>
bool fits(const Word* model, const ModelImage& image, const Memory<S>& memory) {
  bool all = image.arena_bytes <= S::kArenaBytes;
  for (uint32_t i = 0; i < image.layer_count; ++i) {
    const contract::LayerDescriptor layer = layer_at(model[image.layers + i]);
    const Tensor& in = memory.tensors[layer.inputs[0]];
    const Tensor& out = memory.tensors[layer.output];
    if (!contract::has_weights(layer.kind)) continue;
    const uint32_t words = contract::qcnn_weight_words(layer.kind, layer.kernel_height, layer.kernel_width,
                                                       bytes_of(in), in.channels, out.channels);
    all = all && words <= S::kWeightWords && out.channels <= S::kChannels;
  }
  return all;
}

template <class S>
void load_inputs(const Word* inputs, uint64_t first_word, const ModelImage& image, Memory<S>& memory) {
  ValueReader reader(inputs, first_word, first_word + words_for(image.input_bytes), 8);
  for (uint32_t i = 0; i < image.tensor_count; ++i) {
    const Tensor tensor = memory.tensors[i];
    if ((tensor.role & contract::kInputTensor) == 0) continue;
    const uint32_t bytes = bytes_of(tensor);
    FLASHCELL_LOOP(load_inputs, 1, 8)
    for (uint32_t begin = 0; begin < bytes; begin += kLanes) {
      FLASHCELL_HLS(PIPELINE II = 1)
      FLASHCELL_ITERATION(load_inputs);
      const uint32_t left = bytes - begin;
      const int count = left < static_cast<uint32_t>(kLanes) ? static_cast<int>(left) : kLanes;
      memory.arena.write(tensor.offset + begin, reader.take(count), count);
    }
  }
}

template <class S>
void store_outputs(Word* outputs, uint64_t first_word, const ModelImage& image, const Memory<S>& memory) {
  ByteWriter writer(outputs, first_word);
  for (uint32_t i = 0; i < image.tensor_count; ++i) {
    const Tensor tensor = memory.tensors[i];
    if ((tensor.role & contract::kOutputTensor) == 0) continue;
    const uint32_t bytes = bytes_of(tensor);
    FLASHCELL_LOOP(store_outputs, 1, 8)
    for (uint32_t begin = 0; begin < bytes; begin += kLanes) {
      FLASHCELL_HLS(PIPELINE II = 1)
      FLASHCELL_ITERATION(store_outputs);
      const uint32_t left = bytes - begin;
      writer.put(memory.arena.read(tensor.offset + begin),
                 left < static_cast<uint32_t>(kLanes) ? static_cast<int>(left) : kLanes);
    }
  }
  writer.finish();
}

template <class S>
void run_layer(const Word* model, const ModelImage& image, const contract::LayerDescriptor& layer, Memory<S>& memory) {
  using contract::LayerKind;
  const Tensor in = memory.tensors[layer.inputs[0]], out = memory.tensors[layer.output];
  const WeightShape shape = weight_shape(layer, in, out);
  if (contract::has_weights(layer.kind)) {
    load_weights(model, image, layer, shape, memory);
    load_channels(model, image, layer, out.channels, memory);
  }
  switch (layer.kind) {
    case LayerKind::convolution:
    case LayerKind::fully_connected:
      dense_layer(layer, in, out, shape, memory);
      break;
    case LayerKind::depthwise:
    case LayerKind::max_pool:
    case LayerKind::average_pool:
    case LayerKind::global_average_pool:
      window_layer(layer, in, out, memory);
      break;
    case LayerKind::add:
      add_layer(layer, in, memory.tensors[layer.inputs[1]], out, memory);
      break;
    case LayerKind::concat: {
      uint32_t first_channel = 0;
      for (int i = 0; i < layer.input_count; ++i) {
        const Tensor part = memory.tensors[layer.inputs[i]];
        concat_input(layer, layer.input_scale[i], part, out, first_channel, memory);
        first_channel += part.channels;
      }
      break;
    }
    case LayerKind::upsample:
      upsample_layer(layer, in, out, memory);
      break;
  }
}

/// The kernel: arguments as in contract/qcnn_kernel.hpp. Its memory is the chip's: one launch at a time.
template <class S>
void qcnn(const Word* model, const Word* inputs, Word* outputs, uint32_t items, uint32_t sequence) {
  static Memory<S> memory;
  FLASHCELL_HLS(ARRAY_PARTITION variable = memory.arena.bytes_ dim = 1 complete)
  FLASHCELL_HLS(ARRAY_RESHAPE variable = memory.weights dim = 2 complete)
  FLASHCELL_HLS(ARRAY_RESHAPE variable = memory.weights dim = 3 complete)
  FLASHCELL_HLS(ARRAY_PARTITION variable = memory.channels dim = 2 complete)
  const Word header = model[0];
  const ModelImage image(header);
  contract::QcnnStatus status = contract::QcnnStatus::done;
  if (field(header, 0, 4) != contract::kQcnnVersion) {
    status = contract::QcnnStatus::wrong_version;
  } else if (image.tensor_count > S::kTensors) {
    status = contract::QcnnStatus::too_large;
  } else {
    load_tensors(model, image, memory);
    if (!fits(model, image, memory)) status = contract::QcnnStatus::too_large;
  }
  const uint64_t input_words = words_for(image.input_bytes);
  const uint64_t output_words = words_for(image.output_bytes);
  if (status == contract::QcnnStatus::done) {
    for (uint32_t item = 0; item < items; ++item) {
      load_inputs(inputs, item * input_words, image, memory);
      for (uint32_t i = 0; i < image.layer_count; ++i) {
        run_layer(model, image, layer_at(model[image.layers + i]), memory);
      }
      store_outputs(outputs, item * output_words, image, memory);
    }
  }
  Word result = 0;
  result.range(31, 0) = static_cast<uint32_t>(status);
  result.range(63, 32) = contract::kQcnnVersion;
  result.range(95, 64) = sequence;
  outputs[items * output_words] = result;
}

}  // namespace kernels
}  // namespace flashcell
