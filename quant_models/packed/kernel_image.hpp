#pragma once
#include <cstdint>
#include <vector>

#include "kernels_hls/contract/qcnn_kernel.hpp"
#include "quant_models/packed/packed_model.hpp"

namespace flashcell::quant {

/// The bytes that the kernel reads: QcnnHeader, then layers, their inputs, tensors, channels and weights, each table on
/// a multiple of 64 bytes, gaps 0. The model must be valid.
std::vector<uint8_t> kernel_image(const PackedModel& model);

/// The first build of kernel `qcnn` that can run the model; nullptr: none, only the CPU can. The model must be valid.
const contract::QcnnBuild* build_for(const PackedModel& model);

}  // namespace flashcell::quant
