#pragma once
#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "quant_models/graph/blocks.hpp"
#include "quant_models/train/shard_threads.hpp"

namespace flashcell::quant {

/// How much an error of each number of the blocks' outputs matters to the network's: its mean squared gradient over the
/// first 64 images, in a tensor of the output's shape with a batch of 1, of maps (N x C x H x W) one for each channel;
/// 1 in the mean, at least a tenth. The gradient is of the logarithm of the share of a class that is drawn as the
/// output says (Fisher information, as in Li et al., BRECQ, ICLR 2021; taken over all images, as Wu et al. do with
/// other gradients in APHQ-ViT, CVPR 2025), or, where outputs are no scores of classes, along a random direction.
/// `real`: in real numbers, with one input and output; the blocks are its own. `images`: N x the input. The result does
/// not depend on the number of threads.
std::vector<at::Tensor> block_importance(const Graph& real, const std::vector<Block>& blocks, const at::Tensor& images,
                                         uint64_t seed, ShardThreads& threads);

}  // namespace flashcell::quant
