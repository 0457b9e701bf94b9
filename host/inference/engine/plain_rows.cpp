// Layers of rows for machines without AVX-512: plain loops.
#include <algorithm>
#include <cstring>
#include <vector>

#include "host/inference/engine/row_layers.hpp"
#include "kernels_hls/contract/qcnn_functions.hpp"

namespace flashcell::host::inference {
namespace {

using namespace contract;

#include "host/inference/engine/pixels-inl.hpp"

int load(ValueType type, const uint8_t* from, int index) {
  if (type == ValueType::bytes) return from[index];
  uint16_t word;
  std::memcpy(&word, from + 2 * index, sizeof(word));
  return type == ValueType::unsigned_words ? word : static_cast<int16_t>(word);
}

void store(ValueType type, uint8_t* to, int index, int64_t value) {
  if (type == ValueType::bytes) {
    to[index] = static_cast<uint8_t>(value);
    return;
  }
  const auto word = static_cast<uint16_t>(value);
  std::memcpy(to + 2 * index, &word, sizeof(word));
}

void layer_norm(const LayerNormLayer& layer, const Map& in, const Map& out, int items) {
  for_each_pixel(in, out, items, [&](const uint8_t* from, uint8_t* to) {
    const auto number = [&](int c) { return int64_t{load(layer.in, from, c)} << layer.fraction_bits; };
    int64_t sum = 0, squares = 0;
    for (int c = 0; c < layer.channels; ++c) sum += number(c);
    const int64_t mean = rounded_mean(sum, layer.channels);
    for (int c = 0; c < layer.channels; ++c) {
      const int64_t distance = number(c) - mean;
      squares += distance * distance;
    }
    const int64_t factor = layer_norm_factor(squares);
    for (int c = 0; c < layer.channels; ++c) {
      const int64_t normal = contract::layer_norm(number(c) - mean, factor);
      const int64_t y = layer.stored_zero + requantize(normal + layer.exact[c].bias, layer.exact[c].scale);
      store(layer.out, to, c, std::clamp<int64_t>(y, layer.low, layer.high));
    }
  });
}

void softmax(const SoftmaxLayer& layer, const Map& in, const Map& out, int items) {
  for_each_pixel(in, out, items, [&](const uint8_t* from, uint8_t* to) {
    const uint8_t largest = *std::max_element(from, from + layer.channels);
    int64_t sum = 0;
    for (int c = 0; c < layer.channels; ++c) sum += layer.exponentials[largest - from[c]];
    const int64_t factor = row_factor(sum);
    for (int c = 0; c < layer.channels; ++c) {
      const int64_t y = shift_softmax(layer.exponentials[largest - from[c]], factor, layer.fraction_bits);
      store(layer.out, to, c, std::clamp<int64_t>(y, layer.low, layer.high) + layer.stored_offset);
    }
  });
}

void table(const TableLayer& layer, const Map& in, const Map& out, int items) {
  const ptrdiff_t step = layer.choice == TableLayer::Choice::by_channel ? 256 : 0;
  for_each_pixel(in, out, items, [&](const uint8_t* from, uint8_t* to) {
    const uint8_t* entries = layer.entries;
    if (layer.choice == TableLayer::Choice::by_largest)
      entries += 256 * std::max(*std::max_element(from, from + layer.channels) - layer.zero, 0);
    for (int c = 0; c < layer.channels; ++c, entries += step) to[c] = entries[from[c]];
  });
}

/// Stores combine(x, y), of the two inputs' distances to their zero points, for every number.
template <class Combine>
void for_each_pair(const PairLayer& layer, const Map& a, const Map& b, const Map& out, int items, Combine combine) {
  for (int item = 0; item < items; ++item) {
    for (int row = 0; row < out.height; ++row) {
      for (int column = 0; column < out.width; ++column) {
        const auto pixel = [&](const Map& map) {
          return map.first + item * map.item_bytes + row * map.row_bytes +
                 static_cast<ptrdiff_t>(column) * map.channels;
        };
        const uint8_t *x = pixel(a), *y = layer.one_pixel ? b.first + item * b.item_bytes : pixel(b);
        for (int c = 0; c < layer.channels; ++c) {
          const int64_t first = load(layer.in[0], x, c) - layer.zero[0];
          const int64_t second = load(layer.in[1], y, layer.one_channel ? 0 : c) - layer.zero[1];
          store(layer.out, pixel(out), c,
                std::clamp<int64_t>(layer.stored_zero + combine(first, second), layer.low, layer.high));
        }
      }
    }
  }
}

void add(const PairLayer& layer, const Map& a, const Map& b, const Map& out, int items) {
  const int64_t half = layer.fraction_bits == 0 ? 0 : int64_t{1} << (layer.fraction_bits - 1);
  for_each_pair(layer, a, b, out, items, [&](int64_t x, int64_t y) {
    return (requantize(x, layer.exact[0]) + requantize(y, layer.exact[1]) + half) >> layer.fraction_bits;
  });
}

void multiply(const PairLayer& layer, const Map& a, const Map& b, const Map& out, int items) {
  for_each_pair(layer, a, b, out, items, [&](int64_t x, int64_t y) { return requantize(x * y, layer.exact[0]); });
}

}  // namespace

const RowKernels& plain_row_kernels() {
  static const RowKernels kernels = {layer_norm, softmax, table, add, multiply};
  return kernels;
}

}  // namespace flashcell::host::inference
