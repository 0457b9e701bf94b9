#pragma once
#include <stdint.h>

#include "kernels_hls/contract/kernel_description.hpp"
#include "kernels_hls/contract/qcnn.hpp"

// What a bitstream and a host must agree on about kernel `qcnn` beside the layouts of qcnn.hpp.
namespace flashcell {
namespace contract {

/// Multiply-accumulates of one clock: this many input values for this many output channels.
constexpr uint32_t kQcnnLanes = 32;

/// Words of weights that a layer takes on chip: the window's rows are cut into pieces of kQcnnLanes values, all input
/// channels one after the other; a fully connected layer has one row, a depthwise one a row for each tap.
constexpr uint32_t qcnn_weight_words(LayerKind kind, uint32_t kernel_height, uint32_t kernel_width,
                                     uint64_t input_bytes, uint32_t input_channels, uint32_t channels) {
  return kind == LayerKind::depthwise ? kernel_height * kernel_width * ((channels + kQcnnLanes - 1) / kQcnnLanes)
         : kind == LayerKind::fully_connected ? static_cast<uint32_t>((input_bytes + kQcnnLanes - 1) / kQcnnLanes) *
                                                    ((channels + kQcnnLanes - 1) / kQcnnLanes)
         : kind == LayerKind::convolution
             ? kernel_height * ((kernel_width * input_channels + kQcnnLanes - 1) / kQcnnLanes) *
                   ((channels + kQcnnLanes - 1) / kQcnnLanes)
             : 0;
}

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
    {"qcnn_small_v1", 1u << 16, 256, 1024, 64},
    {"qcnn_large_v1", 1u << 20, 512, 4096, 512},
};
constexpr int kQcnnBuildCount = sizeof(kQcnnBuilds) / sizeof(kQcnnBuilds[0]);
static_assert(kQcnnVersion == 1, "rename the kernels and their top functions with the contract version");

}  // namespace contract
}  // namespace flashcell
