#pragma once
#include <functional>
#include <span>
#include <string>

#include "quant_models/graph/graph.hpp"

namespace flashcell::quant {

struct ReconstructionOptions {
  int iterations = 100;         ///< of Adam, for each block
  int64_t batch = 8;            ///< images of one step
  double learning_rate = 4e-5;  ///< the highest, of weights and biases (SARDFQ's); falls along half a cosine
  double scale_rate = 1e-3;     ///< the same of the logarithms of scales
  double dropped = 0.5;         ///< share of a block's input numbers that are the real network's
  uint64_t seed = 1;
  int threads = 1;  ///< the result does not depend on it
};

/// Hears which block comes next, and how many of all are done.
using ReconstructionProgress = std::function<void(const std::string& block, size_t done, size_t all)>;

/// What reconstruction came to: relative errors |quantized - real|^2 / |real|^2 of each block's output over all images,
/// each number's square times its importance (block_importance()).
struct Reconstruction {
  Graph graph;
  std::vector<double> before, after;
};

/// Trains a quantized network's weights, biases and scales block by block (blocks.hpp), so that each block makes of
/// what the quantized blocks before it give the value that the real network has there: squared errors times their
/// importance, straight-through rounding, learned step sizes. Some of a block's input is that of the real network at
/// random (QDrop), so that few images do not teach one noise. A block that comes out no better stays as it was.
/// Sources: Li et al., BRECQ, ICLR 2021 (blocks); Wei et al., QDrop, ICLR 2022, here of the block's input only; rates
/// and iterations of Zhong et al., SARDFQ, 2025. `real`: in real numbers, batch normalization folded, nodes of the same
/// names; it may lack what the quantized one changed inside of a block. `images`: `count` of them, as run_all() takes
/// them. Equal arguments give equal bytes. Throws ModelError for networks that are not made of the same blocks or that
/// libtorch cannot run.
Reconstruction reconstruct_blocks(const Graph& real, Graph quantized, std::span<const float> images, int64_t count,
                                  const ReconstructionOptions& options, const ReconstructionProgress& progress = {});

}  // namespace flashcell::quant
