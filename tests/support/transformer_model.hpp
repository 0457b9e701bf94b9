#pragma once
#include <cstdint>

#include "quant_models/packed/packed_model.hpp"

namespace flashcell::test {

/// A vision transformer (Dosovitskiy et al., ICLR 2021) on a square picture of three channels.
struct TransformerShape {
  int side = 14, patch = 16;  ///< patches in a row, pixels in a row of a patch
  int width = 192, heads = 3, hidden = 768, blocks = 12, classes = 1000;
  bool each_patch = false;  ///< numbers for every patch, not for the picture: a detector's
};

/// DeiT-Tiny (Touvron et al., ICML 2021).
inline constexpr TransformerShape kDeitTiny{};

/// One in integers only, with random weights: 16 bits between the blocks' sums, 8 bits else, I-ViT's functions. Values
/// spread over their ranges.
quant::PackedModel transformer_model(const TransformerShape& shape, uint64_t seed);

}  // namespace flashcell::test
