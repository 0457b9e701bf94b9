#pragma once
#include "kernels_hls/qcnn/dense_layer.hpp"
#include "kernels_hls/qcnn/mean_layer.hpp"
#include "kernels_hls/qcnn/move_layer.hpp"
#include "kernels_hls/qcnn/pair_layer.hpp"
#include "kernels_hls/qcnn/product_layer.hpp"
#include "kernels_hls/qcnn/row_layer.hpp"
#include "kernels_hls/qcnn/table_layer.hpp"
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

/// A layer's tensors; the output's where it reads fewer.
struct LayerTensors {
  Tensor first, second, out;
  contract::Requantization first_scale, second_scale;
};

template <class S>
LayerTensors tensors_of(const Word* model, const ModelImage& image, const contract::LayerDescriptor& layer,
                        const Memory<S>& memory) {
  LayerTensors tensors;
  tensors.out = memory.tensors[layer.output];
  tensors.first = tensors.second = tensors.out;
  tensors.first_scale = tensors.second_scale = contract::Requantization();
  for (uint32_t i = 0; i < 2 && i < layer.input_count; ++i) {
    const contract::LayerInput input = input_at(model, image, layer, i);
    (i == 0 ? tensors.first : tensors.second) = memory.tensors[input.tensor];
    (i == 0 ? tensors.first_scale : tensors.second_scale) = input.scale;
  }
  return tensors;
}

/// Whether every layer is known and fits; the host has validated everything else.
template <class S>
contract::QcnnStatus check_layers(const Word* model, const ModelImage& image, const Memory<S>& memory) {
  if (image.arena_bytes > S::kArenaBytes) return contract::QcnnStatus::too_large;
  for (uint32_t i = 0; i < image.layer_count; ++i) {
    const contract::LayerDescriptor layer = layer_at(model, image, i);
    const LayerTensors tensors = tensors_of(model, image, layer, memory);
    const contract::QcnnValueBytes bytes = {tensors.first.bytes, tensors.second.bytes, tensors.out.bytes};
    if (!contract::qcnn_kernel_runs(layer, bytes)) return contract::QcnnStatus::unknown_layer;
    const uint32_t words = contract::qcnn_weight_words(layer, values_of(tensors.first), tensors.first.channels,
                                                       tensors.first.bits, tensors.out.channels, tensors.out.bytes);
    if (words > S::kWeightWords) return contract::QcnnStatus::too_large;
    if (contract::has_channels(layer.kind) && tensors.out.channels > S::kChannels) {
      return contract::QcnnStatus::too_large;
    }
  }
  return contract::QcnnStatus::done;
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
void concat_layer(const Word* model, const ModelImage& image, const contract::LayerDescriptor& layer, const Tensor& out,
                  Memory<S>& memory) {
  Origin origin = {0, 0, 0};
  for (uint32_t i = 0; i < layer.input_count; ++i) {
    const contract::LayerInput input = input_at(model, image, layer, i);
    const Tensor part = memory.tensors[input.tensor];
    concat_input(layer, input.scale, part, out, origin, memory);
    if (layer.axis == contract::Axis::rows) origin.row += part.height;
    if (layer.axis == contract::Axis::columns) origin.column += part.width;
    if (layer.axis == contract::Axis::channels) origin.channel += part.channels;
  }
}

template <class S>
void run_layer(const Word* model, const ModelImage& image, const contract::LayerDescriptor& layer, Memory<S>& memory) {
  using contract::LayerKind;
  const LayerTensors tensors = tensors_of(model, image, layer, memory);
  const Tensor &in = tensors.first, &second = tensors.second, &out = tensors.out;
  const contract::Requantization& scale = tensors.first_scale;
  const contract::QcnnWindow window = window_of(layer, in, out);
  if (contract::has_weights(layer.kind)) load_weights(model, image, layer, window, out.channels, memory);
  if (contract::has_channels(layer.kind)) load_channels(model, image, layer, out.channels, memory);
  switch (layer.kind) {
    case LayerKind::convolution:
    case LayerKind::transposed_convolution:
    case LayerKind::fully_connected:
      dense_layer(layer, in, out, window, memory);
      break;
    case LayerKind::depthwise:
    case LayerKind::max_pool:
    case LayerKind::average_pool:
    case LayerKind::global_average_pool:
      window_layer(layer, scale, in, out, memory);
      break;
    case LayerKind::add:
    case LayerKind::multiply:
      pair_layer(layer, operand(in, scale, out), operand(second, tensors.second_scale, out), out, memory);
      break;
    case LayerKind::product:
      product_layer(layer, scale, in, second, out, memory);
      break;
    case LayerKind::layer_norm:
    case LayerKind::softmax:
    case LayerKind::gelu:
      row_layer(layer, scale, in, out, memory);
      break;
    case LayerKind::channel_mean:
      channel_mean_layer(layer, scale, in, out, memory);
      break;
    case LayerKind::linear_upsample:
      linear_upsample_layer(layer, scale, in, out, memory);
      break;
    case LayerKind::table:
      load_table(model, image, layer, in, out, memory);
      table_layer(layer, in, out, memory);
      break;
    case LayerKind::concat:
      concat_layer(model, image, layer, out, memory);
      break;
    case LayerKind::upsample:
      upsample_layer(layer, in, out, memory);
      break;
    case LayerKind::move:
      move_layer(layer, in, out, memory);
      break;
    case LayerKind::gather:
      gather_layer(model, image, layer, in, out, memory);
      break;
    case LayerKind::pad:
      pad_layer(layer, in, out, memory);
      break;
    case LayerKind::constant:
      constant_layer(model, image, layer, out, memory);
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
    status = check_layers(model, image, memory);
  }
  const uint64_t input_words = words_for(image.input_bytes);
  const uint64_t output_words = words_for(image.output_bytes);
  if (status == contract::QcnnStatus::done) {
    for (uint32_t item = 0; item < items; ++item) {
      load_inputs(inputs, item * input_words, image, memory);
      for (uint32_t i = 0; i < image.layer_count; ++i) {
        run_layer(model, image, layer_at(model, image, i), memory);
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
