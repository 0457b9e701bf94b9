#pragma once
#include <stdint.h>

#include "kernels_hls/contract/kernel_description.hpp"
#include "kernels_hls/contract/qcnn.hpp"

// What a bitstream and a host must agree on about kernel `qcnn` beside the layouts of qcnn.hpp.
namespace flashcell {
namespace contract {

/// Multiply-accumulates of one clock: this many input values for this many output channels.
constexpr uint32_t kQcnnLanes = 32;

/// Bytes a value of what a layer reads and writes; 0 where there is no such tensor.
struct QcnnValueBytes {
  int first, second, output;
};

/// Whether the kernel runs such a layer: the multiplier array's weights and what pools and linear upsampling read are
/// bytes, and neighbouring columns of a product lie side by side.
constexpr bool qcnn_kernel_runs(const LayerDescriptor& layer, QcnnValueBytes bytes) {
  switch (layer.kind) {
    case LayerKind::convolution:
    case LayerKind::transposed_convolution:
    case LayerKind::fully_connected:
      return bytes.first == 1;
    case LayerKind::depthwise:
    case LayerKind::max_pool:
    case LayerKind::average_pool:
    case LayerKind::global_average_pool:
    case LayerKind::channel_mean:
    case LayerKind::linear_upsample:
      return bytes.first == 1 && bytes.output == 1;
    case LayerKind::product:
      return bytes.second == 1 && layer.output_strides.column == 1;
    default:
      return layer.kind > LayerKind::convolution && static_cast<int>(layer.kind) <= kLayerKinds;
  }
}

/// Values that lie side by side in both tensors move at once: a piece has kQcnnLanes bytes of the wider ones.
constexpr uint32_t qcnn_piece_values(QcnnValueBytes bytes) {
  return bytes.first > 1 || bytes.second > 1 || bytes.output > 1 ? kQcnnLanes / 2 : kQcnnLanes;
}

constexpr uint32_t qcnn_pieces(uint64_t values, uint32_t piece = kQcnnLanes) {
  return static_cast<uint32_t>((values + piece - 1) / piece);
}

/// Rows and columns of pixels that stand apart are read tap by tap, not as neighbouring bytes.
constexpr bool qcnn_by_taps(const LayerDescriptor& layer) {
  return layer.kind == LayerKind::transposed_convolution || (layer.dilation_columns > 1 && layer.kernel_width > 1);
}

/// What the multiplier array sees of one output value: rows of neighbouring input values, in pieces of kQcnnLanes.
struct QcnnWindow {
  uint32_t rows, row_values, pieces;
};

/// Of a layer with weights (depthwise: one row a tap) whose input has so many values. A word of the array's results
/// with two bytes a value takes two clocks to write: the window has at least two pieces.
inline QcnnWindow qcnn_window(const LayerDescriptor& layer, uint64_t input_values, uint32_t input_channels,
                              int output_bytes) {
  const uint32_t taps = static_cast<uint32_t>(layer.kernel_height) * layer.kernel_width;
  QcnnWindow window = {1, static_cast<uint32_t>(input_values), 0};
  if (layer.kind == LayerKind::depthwise || qcnn_by_taps(layer)) {
    window = QcnnWindow{taps, input_channels, 0};
  } else if (layer.kind != LayerKind::fully_connected) {
    window = QcnnWindow{layer.kernel_height, layer.kernel_width * input_channels, 0};
  }
  window.pieces = qcnn_pieces(window.row_values);
  if (output_bytes > 1 && window.rows * window.pieces == 1) window.pieces = 2;
  return window;
}

/// Banks of the weights' memory that a table's lane takes: as many pieces of channels share one set of words.
constexpr uint32_t kQcnnTablePieces = kQcnnLanes / 2;

/// Words of kQcnnLanes * kQcnnLanes bytes that a layer keeps in the weights' memory; 0 where it needs none.
inline uint32_t qcnn_weight_words(const LayerDescriptor& layer, uint64_t input_values, uint32_t input_channels,
                                  int input_bits, uint32_t channels, int output_bytes) {
  if (layer.kind == LayerKind::product) return qcnn_pieces(layer.columns) * qcnn_pieces(layer.depth);
  if (layer.kind == LayerKind::table) {
    const uint32_t entries = uint32_t{1} << input_bits;
    const bool each = layer.weight_bytes != entries * static_cast<uint32_t>(output_bytes);
    return entries * (each ? qcnn_pieces(qcnn_pieces(channels), kQcnnTablePieces) : 1);
  }
  if (!has_weights(layer.kind)) return 0;
  const QcnnWindow window = qcnn_window(layer, input_values, input_channels, output_bytes);
  const uint32_t words = window.rows * window.pieces;
  return layer.kind == LayerKind::depthwise ? words : words * qcnn_pieces(channels);
}

/// Rows of a layer norm, softmax or gelu that the kernel works on at a time.
constexpr uint32_t kQcnnRows = 64;
/// Clocks of a layer norm's square root and quotient: a division for each of Newton's steps.
constexpr uint32_t kQcnnRootDepth = 720;
/// Clocks of a softmax's quotient.
constexpr uint32_t kQcnnQuotientDepth = 40;

/// Arguments of every build of `qcnn`, in order.
///   model    QcnnHeader and its tables (qcnn.hpp)
///   inputs   item i at i * words_for(input_bytes) words
///   outputs  item i at i * words_for(output_bytes) words, then one QcnnResult at items * words_for(output_bytes)
constexpr KernelArgument kQcnnArguments[] = {
    {"model", "gmem_model", 0x10, false},    {"inputs", "gmem_inputs", 0x1c, false},
    {"outputs", "gmem_outputs", 0x28, true}, {"items", nullptr, 0x34, false},
    {"sequence", nullptr, 0x3c, false},
};
constexpr int kQcnnArgumentCount = sizeof(kQcnnArguments) / sizeof(kQcnnArguments[0]);

/// What became of a launch.
enum class QcnnStatus : uint32_t {
  none = 0,  ///< nothing was written: the host clears the result before a launch
  done = 1,
  wrong_version = 2,  ///< the model's version is not the kernel's
  too_large = 3,      ///< the model is beyond this build
  unknown_layer = 4,  ///< the model has a layer that no build runs (qcnn_kernel_runs)
};

/// Last word of `outputs`; written after everything else.
struct QcnnResult {
  QcnnStatus status;
  uint32_t version;   ///< of the kernel
  uint32_t sequence;  ///< of the launch: tells old results from new
  uint32_t reserved[13];
};
static_assert(sizeof(QcnnResult) == 64, "host and kernel share this layout");

/// One kernel as it is built: its top function's name ends in the contract version.
struct QcnnBuild {
  const char* name;
  uint32_t arena_bytes;   ///< activations on chip
  uint32_t weight_words;  ///< of kQcnnLanes * kQcnnLanes weights: the largest layer's (qcnn_weight_words)
  uint32_t channels;      ///< output channels of one layer with weights
  uint32_t tensors;
};

/// Leaner builds stand first: a host takes the first one that fits.
constexpr QcnnBuild kQcnnBuilds[] = {
    {"qcnn_small_v2", 1u << 16, 256, 1024, 64},
    {"qcnn_large_v2", 1u << 20, 512, 4096, 512},
};
constexpr int kQcnnBuildCount = sizeof(kQcnnBuilds) / sizeof(kQcnnBuilds[0]);
static_assert(kQcnnVersion == 2, "rename the kernels and their top functions with the contract version");

}  // namespace contract
}  // namespace flashcell
