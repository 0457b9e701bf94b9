#pragma once
#include <vector>

#include "tests/support/random_draws.hpp"

namespace flashcell::test {

/// A layer that was added to a model: what it wrote and read.
struct NewLayer {
  quant::ModelBuilder::Tensor tensor;
  std::vector<quant::ModelBuilder::Tensor> reads;
};

/// Adds a layer without weights of a random kind that reads `in`, some also `second`, now and then with one before it
/// that makes what it needs; none where the tensors do not suit the kind.
std::vector<NewLayer> random_newer_layers(LayerDraws& random, quant::ModelBuilder& builder,
                                          quant::ModelBuilder::Tensor in, quant::ModelBuilder::Tensor second);

}  // namespace flashcell::test
