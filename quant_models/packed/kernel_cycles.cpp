#include "quant_models/packed/kernel_cycles.hpp"

#include "kernels_hls/contract/qcnn_kernel.hpp"

namespace flashcell::quant {
namespace {

using namespace contract;

uint64_t pieces(uint64_t values, uint64_t each = kQcnnLanes) {
  return (values + each - 1) / each;
}

/// Values of a piece of these tensors.
uint64_t piece(const TensorDescriptor& a, const TensorDescriptor& b, const TensorDescriptor& out) {
  return qcnn_piece_values({bytes_per_value(a.type), bytes_per_value(b.type), bytes_per_value(out.type)});
}

/// Pieces of a pixel's channels, over all pixels.
uint64_t pixel_pieces(const TensorDescriptor& tensor, uint64_t each = kQcnnLanes) {
  return uint64_t{tensor.height} * tensor.width * pieces(tensor.channels, each);
}

uint64_t dense_cycles(const LayerDescriptor& layer, const TensorDescriptor& in, const TensorDescriptor& out) {
  const QcnnWindow window = qcnn_window(layer, values_of(in), in.channels, bytes_per_value(out.type));
  const uint64_t words = uint64_t{window.rows} * window.pieces;
  const uint64_t load = out.channels * words + out.channels;
  return load + pieces(out.channels) * out.height * out.width * words;
}

uint64_t pair_cycles(const TensorDescriptor& a, const TensorDescriptor& b, const TensorDescriptor& out) {
  const uint64_t each = piece(a, b, out);
  const bool flat = values_of(a) == values_of(out) && values_of(b) == values_of(out);
  return 2 * (flat ? pieces(values_of(out), each) : pixel_pieces(out, each));
}

/// Values that are read at once along a stride.
uint64_t run_along(uint32_t stride, const TensorDescriptor& tensor) {
  return stride != 1 ? 1 : kQcnnLanes / static_cast<uint64_t>(bytes_per_value(tensor.type));
}

uint64_t product_cycles(const LayerDescriptor& layer, const TensorDescriptor& a, const TensorDescriptor& b,
                        const TensorDescriptor& out) {
  const bool along_depth = layer.second_strides.row == 1;
  const uint64_t fast = along_depth ? layer.depth : layer.columns, slow = along_depth ? layer.columns : layer.depth;
  const uint64_t load = slow * pieces(fast, run_along(along_depth ? 1 : layer.second_strides.column, b));
  const uint64_t runs = pieces(layer.depth, run_along(layer.first_strides.column, a));
  const uint64_t each = runs == 1 && bytes_per_value(out.type) > 1 ? 2 : runs;
  return uint64_t{layer.outer} * layer.inner * (load + layer.rows * pieces(layer.columns) * each);
}

/// Passes over all rows, and what is divided between them.
uint64_t row_cycles(const LayerDescriptor& layer, const TensorDescriptor& in, const TensorDescriptor& out) {
  const uint64_t pass = pixel_pieces(in, piece(in, in, out)), rows = uint64_t{in.height} * in.width;
  const uint64_t blocks = pieces(rows, kQcnnRows);
  switch (layer.kind) {
    case LayerKind::layer_norm:
      return out.channels + 3 * pass + 2 * rows + blocks * (kQcnnRootDepth + kQcnnQuotientDepth);
    case LayerKind::softmax:
      return 3 * pass + rows + blocks * kQcnnQuotientDepth;
    default:
      return 2 * pass;
  }
}

uint64_t table_cycles(const LayerDescriptor& layer, const TensorDescriptor& in, const TensorDescriptor& out) {
  const uint64_t entries = layer.weight_bytes / static_cast<uint64_t>(bytes_per_value(out.type));
  return entries + pixel_pieces(out, piece(in, in, out));
}

uint64_t move_cycles(const LayerDescriptor& layer, const TensorDescriptor& in, const TensorDescriptor& out) {
  const bool side_by_side = layer.first_strides.column == 1 && layer.output_strides.column == 1;
  return uint64_t{layer.outer} * layer.inner * layer.rows *
         pieces(layer.columns, side_by_side ? piece(in, in, out) : 1);
}

uint64_t port_cycles(const PackedModel& model, TensorRole role) {
  uint64_t cycles = 0;
  for (const TensorDescriptor& tensor : model.tensors) {
    if (tensor.role & role) cycles += pieces(bytes_of(tensor));
  }
  return cycles;
}

}  // namespace

uint64_t kernel_cycles(const PackedModel& model, const LayerDescriptor& layer) {
  const TensorDescriptor& out = output_tensor(model, layer);
  if (layer.kind == LayerKind::constant) return pieces(bytes_of(out));
  const TensorDescriptor& in = input_tensor(model, layer);
  const uint64_t taps = uint64_t{layer.kernel_height} * layer.kernel_width;
  switch (layer.kind) {
    case LayerKind::convolution:
    case LayerKind::fully_connected:
    case LayerKind::transposed_convolution:
      return dense_cycles(layer, in, out);
    case LayerKind::depthwise:
      return taps * pieces(in.channels) + out.channels + pixel_pieces(out) * taps;
    case LayerKind::max_pool:
    case LayerKind::average_pool:
      return pixel_pieces(out) * taps;
    case LayerKind::global_average_pool:
    case LayerKind::channel_mean:
      return pixel_pieces(in);
    case LayerKind::add:
    case LayerKind::multiply:
      return pair_cycles(in, input_tensor(model, layer, 1), out);
    case LayerKind::product:
      return product_cycles(layer, in, input_tensor(model, layer, 1), out);
    case LayerKind::linear_upsample:
      return 4 * pixel_pieces(out);  // four pixels of the input
    case LayerKind::layer_norm:
    case LayerKind::softmax:
    case LayerKind::gelu:
      return row_cycles(layer, in, out);
    case LayerKind::table:
      return table_cycles(layer, in, out);
    case LayerKind::concat: {
      uint64_t cycles = 0;
      for (size_t i = 0; i < layer.input_count; ++i) {
        const TensorDescriptor& part = input_tensor(model, layer, i);
        cycles += pixel_pieces(part, piece(part, part, out));
      }
      return cycles;
    }
    case LayerKind::move:
      return move_cycles(layer, in, out);
    case LayerKind::gather: {
      const auto length = static_cast<uint64_t>(layer.constant);
      return values_of(out) / length * pieces(length, piece(in, in, out));
    }
    default:
      return pixel_pieces(out, piece(in, in, out));
  }
}

uint64_t kernel_cycles(const PackedModel& model) {
  uint64_t cycles = port_cycles(model, kInputTensor) + port_cycles(model, kOutputTensor);
  for (const LayerDescriptor& layer : model.layers) cycles += kernel_cycles(model, layer);
  return cycles;
}

}  // namespace flashcell::quant
