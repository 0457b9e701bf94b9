// Layers that only move numbers.
#include <algorithm>
#include <cstring>

#include "host/inference/engine/step.hpp"

namespace flashcell::host::inference {
namespace {

using namespace contract;

bool is_dense(const Map& map) {
  return !map.bordered;
}

StepWork move(const quant::PackedModel& model, const LayerDescriptor& layer, const Map& in, const Map& out) {
  if (!is_dense(in) || !is_dense(out)) return {};
  const ptrdiff_t size = bytes_per_value(quant::output_tensor(model, layer).type);
  const LayerDescriptor places = layer;
  return [=](int items, uint16_t*) {
    const Strides &from = places.first_strides, &to = places.output_strides;
    const bool run = from.column == 1 && to.column == 1;
    const auto together = static_cast<size_t>(run ? places.columns * size : size);
    for (int item = 0; item < items; ++item) {
      for (uint32_t outer = 0; outer < places.outer; ++outer) {
        for (uint32_t inner = 0; inner < places.inner; ++inner) {
          for (uint32_t row = 0; row < places.rows; ++row) {
            const uint8_t* source =
                in.first + item * in.item_bytes +
                size * static_cast<ptrdiff_t>(from.first + outer * from.outer + inner * from.inner + row * from.row);
            uint8_t* target =
                out.first + item * out.item_bytes +
                size * static_cast<ptrdiff_t>(to.first + outer * to.outer + inner * to.inner + row * to.row);
            for (uint32_t column = 0; column < (run ? 1 : places.columns); ++column)
              std::memcpy(target + size * column * to.column, source + size * column * from.column, together);
          }
        }
      }
    }
  };
}

/// A number's stored bytes, `count` times.
void fill(uint8_t* to, size_t count, const TensorDescriptor& tensor, int value) {
  const int stored = value + stored_offset(tensor);
  for (size_t i = 0; i < count; ++i) store_value(to, i, tensor.type, stored);
}

StepWork gather(const quant::PackedModel& model, const LayerDescriptor& layer, const Map& in, const Map& out) {
  if (!is_dense(in) || !is_dense(out)) return {};
  const TensorDescriptor tensor = quant::output_tensor(model, layer);
  const auto values = static_cast<size_t>(layer.constant);
  const size_t bytes = values * static_cast<size_t>(bytes_per_value(tensor.type));
  auto runs = std::make_shared<std::vector<int32_t>>(layer.weight_bytes / sizeof(int32_t));
  std::memcpy(runs->data(), model.weights.data() + layer.weight_offset, runs->size() * sizeof(int32_t));
  return [=](int items, uint16_t*) {
    for (int item = 0; item < items; ++item) {
      uint8_t* to = out.first + item * out.item_bytes;
      for (const int32_t run : *runs) {
        if (run < 0) {
          fill(to, values, tensor, tensor.zero_point);
        } else {
          std::memcpy(to, in.first + item * in.item_bytes + static_cast<ptrdiff_t>(run) * static_cast<ptrdiff_t>(bytes),
                      bytes);
        }
        to += bytes;
      }
    }
  };
}

StepWork pad(const quant::PackedModel& model, const LayerDescriptor& layer, const Map& in, const Map& out) {
  const TensorDescriptor tensor = quant::output_tensor(model, layer);
  const int top = layer.pad_top, left = layer.pad_left, value = layer.constant;
  return [=](int items, uint16_t*) {
    const auto bytes = static_cast<size_t>(in.width * in.channels);
    for (int item = 0; item < items; ++item) {
      for (int row = 0; row < out.height; ++row) {
        uint8_t* to = out.first + item * out.item_bytes + row * out.row_bytes;
        fill(to, static_cast<size_t>(out.width) * tensor.channels, tensor, value);
        if (row < top || row >= top + in.height) continue;
        std::memcpy(to + static_cast<ptrdiff_t>(left) * out.channels,
                    in.first + item * in.item_bytes + (row - top) * in.row_bytes, bytes);
      }
    }
  };
}

/// Tensors of the same meaning one behind the other along rows or columns.
StepWork concat(const quant::PackedModel& model, const LayerDescriptor& layer, const Step& step) {
  const TensorDescriptor& y = quant::output_tensor(model, layer);
  if (layer.axis == Axis::channels || layer.clamp_low > lowest(y.type, y.bits) ||
      layer.clamp_high < highest(y.type, y.bits))
    return {};
  for (size_t i = 0; i < layer.input_count; ++i) {
    const TensorDescriptor& x = quant::input_tensor(model, layer, i);
    const Requantization scale = quant::layer_input(model, layer, i).scale;
    const bool one = scale.shift < 31 && scale.multiplier == 1 << scale.shift;
    if (!one || x.type != y.type || x.zero_point != y.zero_point || x.bits > y.bits) return {};
  }
  const bool rows = layer.axis == Axis::rows;
  const std::vector<Map> in = step.in;
  const Map out = step.out;
  return [=](int items, uint16_t*) {
    for (int item = 0; item < items; ++item) {
      uint8_t* to = out.first + item * out.item_bytes;
      for (const Map& part : in) {
        for (int row = 0; row < part.height; ++row)
          std::memcpy(to + row * out.row_bytes, part.first + item * part.item_bytes + row * part.row_bytes,
                      static_cast<size_t>(part.width * part.channels));
        to += rows ? part.height * out.row_bytes : static_cast<ptrdiff_t>(part.width) * out.channels;
      }
    }
  };
}

}  // namespace

StepWork make_move_work(const quant::PackedModel& model, const LayerDescriptor& layer, const Step& step) {
  switch (layer.kind) {
    case LayerKind::move:
      return move(model, layer, step.in[0], step.out);
    case LayerKind::gather:
      return gather(model, layer, step.in[0], step.out);
    case LayerKind::pad:
      return pad(model, layer, step.in[0], step.out);
    default:
      return concat(model, layer, step);
  }
}

}  // namespace flashcell::host::inference
