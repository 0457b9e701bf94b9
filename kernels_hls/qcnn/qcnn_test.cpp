// Testbench: small networks written by hand, byte for byte, against plain loops. Exits with 0 when every output is as
// expected. A tool builds one top function alone: FLASHCELL_TOP names another one than qcnn_small_v2.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vector>

#include "kernels_hls/contract/qcnn_kernel.hpp"
#include "kernels_hls/qcnn/kernels.hpp"

#ifndef FLASHCELL_TOP
#define FLASHCELL_TOP qcnn_small_v2
#endif

namespace {

using namespace flashcell::contract;

uint32_t random_state = 1;
int random_below(int end) {
  random_state = random_state * 1664525u + 1013904223u;
  return static_cast<int>(random_state >> 8) % end;
}

/// One network: convolution, depthwise, both concatenated, added to itself, average pool, fully connected.
struct Network {
  int height, width, channels, outputs, kernel, stride, pad, weight_bits;
  bool is_signed;

  std::vector<LayerDescriptor> layers;
  std::vector<LayerInput> inputs;
  std::vector<TensorDescriptor> tensors;
  std::vector<ChannelParameters> parameters;
  std::vector<uint8_t> weights;
  uint32_t arena = 0;
  std::vector<std::vector<int>> values;  // of every tensor, by plain loops

  uint16_t tensor(int h, int w, int c) {
    TensorDescriptor t = TensorDescriptor();
    t.height = static_cast<uint16_t>(h);
    t.width = static_cast<uint16_t>(w);
    t.channels = static_cast<uint16_t>(c);
    t.type = is_signed ? ActivationType::signed8 : ActivationType::unsigned8;
    t.bits = 8;
    t.zero_point = static_cast<int16_t>(is_signed ? -3 : 7);
    t.arena_offset = arena;
    arena += static_cast<uint32_t>(h * w * c);
    tensors.push_back(t);
    values.push_back(std::vector<int>(static_cast<size_t>(h * w * c)));
    return static_cast<uint16_t>(tensors.size() - 1);
  }
  int& value(uint16_t t, int y, int x, int c) {
    return values[t][static_cast<size_t>((y * tensors[t].width + x) * tensors[t].channels + c)];
  }
  int padded(uint16_t t, int y, int x, int c) {
    const bool inside = y >= 0 && y < tensors[t].height && x >= 0 && x < tensors[t].width;
    return inside ? value(t, y, x, c) : tensors[t].zero_point;
  }

  LayerDescriptor layer(LayerKind kind, uint16_t in, uint16_t out) {
    LayerDescriptor l = LayerDescriptor();
    l.kind = kind;
    l.kernel_height = l.kernel_width = l.stride_rows = l.stride_columns = 1;
    l.dilation_rows = l.dilation_columns = 1;
    l.first_input = static_cast<uint32_t>(inputs.size());
    read(l, in);
    l.output = out;
    l.clamp_low = is_signed ? -100 : 5;
    l.clamp_high = is_signed ? 110 : 250;
    return l;
  }
  /// One more input of the newest layer.
  void read(LayerDescriptor& l, uint16_t tensor) {
    LayerInput input = LayerInput();
    input.tensor = tensor;
    inputs.push_back(input);
    ++l.input_count;
  }
  int finish(const LayerDescriptor& l, int64_t y) const {
    return static_cast<int>(y < l.clamp_low ? l.clamp_low : y > l.clamp_high ? l.clamp_high : y);
  }

  std::vector<int> append_weights(LayerDescriptor& l, int count, int channel_count) {
    const int most = (1 << (weight_bits - 1)) - 1;
    std::vector<int> drawn;
    l.weight_bits = static_cast<uint8_t>(weight_bits);
    l.weight_offset = static_cast<uint32_t>(weights.size());
    l.weight_bytes = static_cast<uint32_t>(packed_bytes(static_cast<uint64_t>(count), weight_bits));
    l.first_channel = static_cast<uint32_t>(parameters.size());
    weights.resize((weights.size() + l.weight_bytes + 63) / 64 * 64);
    for (int i = 0; i < count; ++i) {
      drawn.push_back(random_below(2 * most + 1) - most);
      const int bit = i * weight_bits;
      uint8_t& byte = weights[l.weight_offset + static_cast<size_t>(bit / 8)];
      byte = static_cast<uint8_t>(byte | (drawn.back() & ((1 << weight_bits) - 1)) << (bit % 8));
    }
    for (int i = 0; i < channel_count; ++i) {
      ChannelParameters p = ChannelParameters();
      p.bias = random_below(4001) - 2000;
      p.scale.multiplier = 32768 + random_below(32768);
      p.scale.shift = static_cast<uint8_t>(18 + weight_bits);
      parameters.push_back(p);
    }
    return drawn;
  }
  int requantized(const LayerDescriptor& l, int channel, int64_t acc) const {
    const ChannelParameters& p = parameters[l.first_channel + static_cast<uint32_t>(channel)];
    return finish(l, requantize(acc + p.bias, p.scale));
  }

  uint16_t convolution(uint16_t in) {
    const TensorDescriptor shape = tensors[in];
    const int h = (shape.height + 2 * pad - kernel) / stride + 1, w = (shape.width + 2 * pad - kernel) / stride + 1;
    const uint16_t out = tensor(h, w, outputs);
    LayerDescriptor l = layer(LayerKind::convolution, in, out);
    l.kernel_height = l.kernel_width = static_cast<uint8_t>(kernel);
    l.stride_rows = l.stride_columns = static_cast<uint8_t>(stride);
    l.pad_top = l.pad_left = l.pad_bottom = l.pad_right = static_cast<uint8_t>(pad);
    const std::vector<int> drawn = append_weights(l, outputs * kernel * kernel * shape.channels, outputs);
    for (int y = 0; y < h; ++y)
      for (int x = 0; x < w; ++x)
        for (int o = 0; o < outputs; ++o) {
          int64_t acc = 0;
          for (int ky = 0; ky < kernel; ++ky)
            for (int kx = 0; kx < kernel; ++kx)
              for (int c = 0; c < shape.channels; ++c)
                acc += padded(in, y * stride - pad + ky, x * stride - pad + kx, c) *
                       drawn[static_cast<size_t>(((o * kernel + ky) * kernel + kx) * shape.channels + c)];
          value(out, y, x, o) = requantized(l, o, acc);
        }
    layers.push_back(l);
    return out;
  }

  uint16_t depthwise(uint16_t in) {
    const TensorDescriptor shape = tensors[in];
    const uint16_t out = tensor(shape.height, shape.width, shape.channels);
    LayerDescriptor l = layer(LayerKind::depthwise, in, out);
    l.kernel_height = l.kernel_width = 3;
    l.pad_top = l.pad_left = l.pad_bottom = l.pad_right = 1;
    const std::vector<int> drawn = append_weights(l, 9 * shape.channels, shape.channels);
    for (int y = 0; y < shape.height; ++y)
      for (int x = 0; x < shape.width; ++x)
        for (int c = 0; c < shape.channels; ++c) {
          int64_t acc = 0;
          for (int tap = 0; tap < 9; ++tap)
            acc +=
                padded(in, y - 1 + tap / 3, x - 1 + tap % 3, c) * drawn[static_cast<size_t>(tap * shape.channels + c)];
          value(out, y, x, c) = requantized(l, c, acc);
        }
    layers.push_back(l);
    return out;
  }

  static Requantization scale(int multiplier, int shift) {
    Requantization s = Requantization();
    s.multiplier = multiplier;
    s.shift = static_cast<uint8_t>(shift);
    return s;
  }

  uint16_t concat(uint16_t a, uint16_t b) {
    const int split = tensors[a].channels;
    const uint16_t out = tensor(tensors[a].height, tensors[a].width, split + tensors[b].channels);
    LayerDescriptor l = layer(LayerKind::concat, a, out);
    l.axis = Axis::channels;
    read(l, b);
    const Requantization scales[] = {scale(32768, 15), scale(50000, 16)};
    inputs[l.first_input].scale = scales[0];
    inputs[l.first_input + 1].scale = scales[1];
    const int zero = tensors[out].zero_point;
    for (int y = 0; y < tensors[out].height; ++y)
      for (int x = 0; x < tensors[out].width; ++x)
        for (int c = 0; c < tensors[out].channels; ++c) {
          const int q = c < split ? value(a, y, x, c) : value(b, y, x, c - split);
          value(out, y, x, c) = finish(l, zero + requantize(q - zero, scales[c < split ? 0 : 1]));
        }
    layers.push_back(l);
    return out;
  }

  uint16_t add_to_itself(uint16_t in) {
    const uint16_t out = tensor(tensors[in].height, tensors[in].width, tensors[in].channels);
    LayerDescriptor l = layer(LayerKind::add, in, out);
    read(l, in);
    l.fraction_bits = 5;
    const Requantization first = scale(40000, 12), second = scale(60000, 11);
    inputs[l.first_input].scale = first;
    inputs[l.first_input + 1].scale = second;
    const int zero = tensors[in].zero_point;
    for (size_t i = 0; i < values[in].size(); ++i) {
      const int64_t sum = requantize(values[in][i] - zero, first) + requantize(values[in][i] - zero, second);
      values[out][i] = finish(l, zero + ((sum + 16) >> 5));
    }
    layers.push_back(l);
    return out;
  }

  uint16_t average_pool(uint16_t in) {
    const TensorDescriptor shape = tensors[in];
    const uint16_t out = tensor(shape.height / 2, shape.width / 2, shape.channels);
    LayerDescriptor l = layer(LayerKind::average_pool, in, out);
    l.kernel_height = l.kernel_width = l.stride_rows = l.stride_columns = 2;
    const Requantization mean = scale(33000, 17);
    inputs[l.first_input].scale = mean;
    const int zero = shape.zero_point;
    for (int y = 0; y < shape.height / 2; ++y)
      for (int x = 0; x < shape.width / 2; ++x)
        for (int c = 0; c < shape.channels; ++c) {
          int sum = 0;
          for (int tap = 0; tap < 4; ++tap) sum += value(in, 2 * y + tap / 2, 2 * x + tap % 2, c) - zero;
          value(out, y, x, c) = finish(l, zero + requantize(sum, mean));
        }
    layers.push_back(l);
    return out;
  }

  uint16_t fully_connected(uint16_t in) {
    const uint16_t out = tensor(1, 1, outputs);
    LayerDescriptor l = layer(LayerKind::fully_connected, in, out);
    const int each = static_cast<int>(values[in].size());
    const std::vector<int> drawn = append_weights(l, outputs * each, outputs);
    for (int o = 0; o < outputs; ++o) {
      int64_t acc = 0;
      for (int i = 0; i < each; ++i)
        acc += values[in][static_cast<size_t>(i)] * drawn[static_cast<size_t>(o * each + i)];
      value(out, 0, 0, o) = requantized(l, o, acc);
    }
    layers.push_back(l);
    return out;
  }

  void make() {
    const uint16_t in = tensor(height, width, channels);
    for (size_t i = 0; i < values[in].size(); ++i) values[in][i] = random_below(256) - (is_signed ? 128 : 0);
    const uint16_t dense = convolution(in);
    const uint16_t joined = concat(dense, depthwise(dense));
    const uint16_t out = fully_connected(average_pool(add_to_itself(joined)));
    tensors[in].role = kInputTensor;
    tensors[out].role = kOutputTensor;
  }
};

typedef std::vector<ap_uint<512>> Words;

template <class T>
void append(const std::vector<T>& table, Words& words) {
  std::vector<uint8_t> bytes((table.size() * sizeof(T) + 63) / 64 * 64);
  if (!table.empty()) memcpy(bytes.data(), table.data(), table.size() * sizeof(T));
  for (size_t at = 0; at < bytes.size(); at += 64) {
    ap_uint<512> word = 0;
    for (int i = 0; i < 8; ++i) {
      uint64_t eight;
      memcpy(&eight, &bytes[at + static_cast<size_t>(8 * i)], 8);
      word.range(64 * i + 63, 64 * i) = eight;
    }
    words.push_back(word);
  }
}

/// As long as co-simulation reads and writes them.
bool fill_ports(Words& model, Words& inputs, Words& outputs) {
  const bool fit = model.size() <= FLASHCELL_QCNN_COSIM_MODEL_WORDS &&
                   inputs.size() <= FLASHCELL_QCNN_COSIM_INPUT_WORDS &&
                   outputs.size() <= FLASHCELL_QCNN_COSIM_OUTPUT_WORDS;
  if (!fit) printf("FAILED: the ports of co-simulation are too small for the network\n");
  model.resize(FLASHCELL_QCNN_COSIM_MODEL_WORDS);
  inputs.resize(FLASHCELL_QCNN_COSIM_INPUT_WORDS);
  outputs.resize(FLASHCELL_QCNN_COSIM_OUTPUT_WORDS);
  return fit;
}

bool check(Network& network) {
  network.make();
  QcnnHeader header = QcnnHeader();
  header.version = kQcnnVersion;
  header.layer_count = static_cast<uint32_t>(network.layers.size());
  header.layer_input_count = static_cast<uint32_t>(network.inputs.size());
  header.tensor_count = static_cast<uint32_t>(network.tensors.size());
  header.channel_count = static_cast<uint32_t>(network.parameters.size());
  header.weight_bytes = static_cast<uint32_t>(network.weights.size());
  header.arena_bytes = network.arena;
  const std::vector<int>&in = network.values.front(), &out = network.values.back();
  header.input_bytes = static_cast<uint32_t>(in.size());
  header.output_bytes = static_cast<uint32_t>(out.size());
  Words model, inputs;
  append(std::vector<QcnnHeader>(1, header), model);
  append(network.layers, model);
  append(network.inputs, model);
  append(network.tensors, model);
  append(network.parameters, model);
  append(network.weights, model);
  std::vector<uint8_t> input;
  for (size_t i = 0; i < in.size(); ++i) input.push_back(static_cast<uint8_t>(in[i]));
  append(input, inputs);
  const size_t output_words = (out.size() + 63) / 64;
  Words outputs(output_words + 1);
  if (!fill_ports(model, inputs, outputs)) return false;
  FLASHCELL_TOP(model.data(), inputs.data(), outputs.data(), 1, 77);
  bool as_expected = outputs[output_words].range(31, 0) == static_cast<uint32_t>(QcnnStatus::done) &&
                     outputs[output_words].range(95, 64) == 77;
  for (size_t i = 0; i < out.size(); ++i) {
    const int bit = static_cast<int>(8 * (i % 64));
    as_expected &= outputs[i / 64].range(bit + 7, bit) == static_cast<uint8_t>(out[i]);
  }
  if (!as_expected) {
    printf("FAILED %dx%dx%d -> %d, window %d, stride %d, padding %d, %d bits\n", network.height, network.width,
           network.channels, network.outputs, network.kernel, network.stride, network.pad, network.weight_bits);
  }
  return as_expected;
}

/// A model for another version is refused, and nothing else is written.
bool refuses_other_version() {
  Words model(1), inputs, outputs;
  fill_ports(model, inputs, outputs);
  model[0].range(31, 0) = kQcnnVersion + 1;
  FLASHCELL_TOP(model.data(), inputs.data(), outputs.data(), 0, 1);
  return outputs[0].range(31, 0) == static_cast<uint32_t>(QcnnStatus::wrong_version);
}

/// So is one with a layer that it does not run.
bool refuses_unknown_layer() {
  QcnnHeader header = QcnnHeader();
  header.version = kQcnnVersion;
  header.layer_count = 1;
  std::vector<LayerDescriptor> layers(1);
  layers[0].kind = static_cast<LayerKind>(kLayerKinds + 1);
  Words model, inputs, outputs;
  append(std::vector<QcnnHeader>(1, header), model);
  append(layers, model);
  fill_ports(model, inputs, outputs);
  FLASHCELL_TOP(model.data(), inputs.data(), outputs.data(), 0, 1);
  return outputs[0].range(31, 0) == static_cast<uint32_t>(QcnnStatus::unknown_layer);
}

}  // namespace

int main() {
  int failures = (refuses_other_version() ? 0 : 1) + (refuses_unknown_layer() ? 0 : 1), checks = 2;
  for (int round = 0; round < 120; ++round) {
    Network network = Network();
    network.kernel = 1 + round % 7;
    network.pad = random_below(network.kernel);
    network.stride = 1 << random_below(3);
    network.height = 8 + random_below(6);
    network.width = 8 + random_below(6);
    network.channels = 1 + random_below(round % 2 ? 4 : 40);
    network.outputs = 1 + random_below(round % 3 ? 12 : 40);
    network.weight_bits = 8 >> random_below(3);
    network.is_signed = random_below(2) == 1;
    // The average pool wants two rows and columns.
    if ((network.height + 2 * network.pad - network.kernel) / network.stride < 1) network.stride = 1;
    if ((network.width + 2 * network.pad - network.kernel) / network.stride < 1) network.stride = 1;
    ++checks;
    if (!check(network)) ++failures;
  }
  printf("qcnn: %d of %d networks as expected\n", checks - failures, checks);
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
