#pragma once
#include <span>
#include <string>
#include <vector>

#include "quant_models/report/data_free_run.hpp"

namespace flashcell::quant {

/// Pictures of one kind, one after the other as the network takes them.
struct PictureKind {
  std::string name;
  std::span<const float> values;
};

/// For each kind how alike the patches of its first pictures (at most 8) are to the network's attention
/// (patch_similarity.hpp): the density of the cosines of all pairs in all layers, by Gaussian kernels 0.02 wide. Throws
/// ModelError for a network without attention over tokens.
std::vector<DensityCurve> patch_similarities(const Graph& graph, std::span<const PictureKind> kinds);

}  // namespace flashcell::quant
